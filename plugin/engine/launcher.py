"""Run the engine that lies beside this plugin: ``PYTHON -I launcher.py <ben command> …``.

The interpreter is the engine's, never QGIS's. ``-I`` hides the current folder and PYTHONPATH, so the plugin's own root
goes first in the path by hand: the engine and the plugin are always of one version, whatever is installed there.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

if __name__ == "__main__":
    if sys.version_info < (3, 11):
        sys.exit("This is Python %d.%d; the engine needs Python 3.11 or later." % sys.version_info[:2])
    try:
        from ben_core.cli import main
    except ImportError as e:
        sys.exit(f"The engine's environment lacks a package: {e}. Set up the engine again.")
    main()
