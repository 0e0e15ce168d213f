"""What the plugin remembers between sessions of QGIS, and where it keeps its engine."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Dict
from urllib.parse import quote

from qgis.core import QgsApplication, QgsSettings

_PREFIX = "bigearthnet_mapper/"


@dataclass
class Settings:
    """Plain values, each kept under its own name; ``load`` reads them, ``save`` writes them.

    engine_python   a Python that the user named instead of the plugin's own environment; "": ours
    engine_root     the folder that holds our environment; "": under the QGIS profile
    wheels          a folder of wheels to install from without a network; "": none
    uv              path of uv; "": the one on PATH, if any
    output          folder of the last products
    """

    engine_python: str = ""
    engine_root: str = ""
    wheels: str = ""
    uv: str = ""
    output: str = ""

    @classmethod
    def load(cls) -> "Settings":
        stored = QgsSettings()
        return cls(**{f.name: stored.value(_PREFIX + f.name, f.default, type(f.default)) for f in fields(cls)})

    def save(self) -> None:
        stored = QgsSettings()
        for f in fields(self):
            value = getattr(self, f.name)
            if value == f.default:
                stored.remove(_PREFIX + f.name)
            else:
                stored.setValue(_PREFIX + f.name, value)

    @property
    def engine_folder(self) -> str:
        """The folder of our own environment, whether it exists or not."""
        root = Path(self.engine_root) if self.engine_root else Path(QgsApplication.qgisSettingsDirPath())
        return str(root / "bigearthnet_mapper_engine")

    def proxies(self) -> Dict[str, str]:
        """QGIS's proxy as the environment variables that pip, uv and urllib read; {} where QGIS uses none."""
        stored = QgsSettings()
        if not stored.value("proxy/proxyEnabled", False, bool):
            return {}
        kind = stored.value("proxy/proxyType", "", str)
        host, port = stored.value("proxy/proxyHost", "", str), stored.value("proxy/proxyPort", "", str)
        if kind not in ("HttpProxy", "HttpCachingProxy", "Socks5Proxy") or not host:
            return {}  # DefaultProxy: the system's, which the tools find by themselves
        user, password = stored.value("proxy/proxyUser", "", str), stored.value("proxy/proxyPassword", "", str)
        login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
        scheme = "socks5" if kind == "Socks5Proxy" else "http"
        url = f"{scheme}://{login}{host}" + (f":{port}" if port and port != "0" else "")
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
        return dict.fromkeys(names, url)
