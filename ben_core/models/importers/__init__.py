"""Published models become ours: one module a family, each with

    import_model(path: Path, name: str, folder: Path, **options) -> Path

which reads the origin's files strictly (what is missing, unknown or misshapen is named, nothing loads
in part) and writes ``name``.safetensors, .onnx and .json into ``folder``; it returns the card's path.
"""
