"""Many scenes: what there is to do (``sources``, ``plan``), who does it (``runner``, ``cluster``), what is done (``layout``)."""
