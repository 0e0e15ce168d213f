"""What is made of all finished scenes of a batch: collection, mosaics, tables, counts, overview (see ``build``)."""

from .build import Catalogue, CatalogueOptions, build_catalogue

__all__ = ["Catalogue", "CatalogueOptions", "build_catalogue"]
