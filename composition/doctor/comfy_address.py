"""What an answer says about COMFY_DEPLOY_BASE_URL: whether it leads to the API at all."""

from urllib.parse import urljoin, urlsplit

import attrs

from composition.doctor.faults import Unheard
from composition.doctor.network import Heard
from infrastructure.comfy_deploy.settings import DEFAULT_BASE_URL

SETTING = "COMFY_DEPLOY_BASE_URL"
_BAD_REQUEST, _NOT_FOUND = 400, 404
_WELL, _REDIRECTS = range(200, 300), range(300, 400)
_DEFAULT = f"the service's own is {DEFAULT_BASE_URL}."


@attrs.frozen
class Address:
    """The base URL as it is set."""

    base_url: str

    @property
    def at(self) -> str:
        """The host and port, as people see them."""
        return urlsplit(self.base_url).netloc

    def misled(self, heard: Heard, path: str) -> Unheard | None:
        """Say what is wrong with the address when this answered to `path`; None if nothing is."""
        is_page = heard.body is None
        if heard.status in _REDIRECTS:
            return self._moved(heard, path)
        if heard.status == _NOT_FOUND:
            return self._wrong_path(f"{self.at}: there is no such API here (404)")
        if heard.status in _WELL and is_page:
            kind = f"{heard.status} with {heard.kind}, not JSON"
            return self._wrong_path(f"{self.at} answers {kind}: it is not the API")
        if heard.status == _BAD_REQUEST and is_page and not self._is_tls:
            return Unheard(
                found=f"{self.at} answers {heard.status} with {heard.kind}, as https servers do",
                fix=f"Write https:// in place of http:// in {SETTING}.",
            )
        return None

    @property
    def _is_tls(self) -> bool:
        return urlsplit(self.base_url).scheme == "https"

    def _moved(self, heard: Heard, path: str) -> Unheard:
        parts = urlsplit(urljoin(self.base_url + path, heard.leads_to))
        # Without the query, which may hold anything.
        place = f"{parts.scheme}://{parts.netloc}{parts.path}"
        to = f", to {place}" if heard.leads_to else ""
        found = f"{self.at} sends callers elsewhere ({heard.status}{to})"
        if heard.leads_to and place.rstrip("/").endswith(path):
            better = place.rstrip("/").removesuffix(path)
            fix = f"Set {SETTING} to {better}: an order does not follow such a move."
            return Unheard(found=found, fix=fix)
        return Unheard(found=found, fix=f"Check host and path in {SETTING}; {_DEFAULT}")

    def _wrong_path(self, found: str) -> Unheard:
        parts = urlsplit(self.base_url)
        if parts.path.strip("/"):
            return Unheard(
                found=found, fix=f"Check host and path ({parts.path}) in {SETTING}; {_DEFAULT}"
            )
        fix = f"{SETTING} has no path: try {self.base_url}/api; {_DEFAULT}"
        return Unheard(found=found, fix=fix)
