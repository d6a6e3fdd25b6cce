"""Why nothing usable came from a service, and what may help: each fault of the way has its own."""

import errno
import ssl

import aiohttp
import attrs

_EXPIRED, _NOT_YET_VALID = 10, 9
_OTHER_NAMES = (62, 64)
"""OpenSSL's codes for a certificate of another host, and of another address."""

_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
"""What OpenSSL calls an answer that is none of its own: most likely plain HTTP."""


@attrs.frozen(kw_only=True)
class Unheard:
    """No usable answer: what was found, and what may help."""

    found: str
    fix: str


@attrs.frozen(kw_only=True)
class Way:
    """
    The way to a service: `at` is the host as people see it, `setting` the variable that has it.

    `ca_setting` is the variable that names a certificate authority of one's own.
    """

    at: str
    setting: str
    ca_setting: str
    limit_s: float
    is_tls: bool

    def fault(self, error: Exception) -> Unheard:
        """Say why nothing came, without the error's own text: an address may hold a token."""
        match error:
            case TimeoutError():
                return self._unheard(
                    f"{self.at} gave no answer within {self.limit_s:g} s",
                    f"Check the network, and the host and port in {self.setting}: a firewall may "
                    "swallow what is sent there.",
                )
            case aiohttp.ClientConnectorCertificateError():
                return self._certificate(error.certificate_error)
            case aiohttp.ClientConnectorError():
                return self._unconnected(error)
            case ssl.SSLError():
                return self._unheard(
                    "the certificates that are trusted here cannot be read",
                    f"Have {self.ca_setting} name a file with certificates in PEM form.",
                )
            case _:
                return self._broken(type(error).__name__)

    def _unconnected(self, error: aiohttp.ClientConnectorError) -> Unheard:
        if isinstance(error, aiohttp.ClientSSLError):
            return self._no_tls(error.os_error)
        if isinstance(error, aiohttp.ClientConnectorDNSError):
            return self._unheard(
                f"the name {self.at} is not known",
                f"Check the host in {self.setting}, and this machine's name service (DNS).",
            )
        return self._unreachable(error.os_error)

    def _certificate(self, error: Exception) -> Unheard:
        code = getattr(error, "verify_code", None)
        if code in (_EXPIRED, _NOT_YET_VALID):
            return self._unheard(
                f"the certificate of {self.at} is not valid now",
                "Check this machine's clock. If it is right, that certificate must be renewed.",
            )
        if code in _OTHER_NAMES:
            return self._unheard(
                f"the certificate of {self.at} is for another name",
                f"Check the host in {self.setting}, and that no proxy stands between.",
            )
        return self._unheard(
            f"the certificate of {self.at} is not trusted",
            f"Check {self.setting} and the clock. For a certificate authority of your own, name "
            f"its file in {self.ca_setting}.",
        )

    def _no_tls(self, error: OSError) -> Unheard:
        reason = str(getattr(error, "reason", None) or "no reason given")
        if reason in _NO_TLS:
            return self._unheard(
                f"{self.at} does not speak https there",
                f"Check the port in {self.setting}, or write http:// if that server has no TLS.",
            )
        return self._unheard(
            f"no TLS could be agreed on with {self.at} ({reason.lower().replace('_', ' ')})",
            f"Check the host and port in {self.setting}, and the TLS settings of that server.",
        )

    def _unreachable(self, error: OSError) -> Unheard:
        why = error.strerror or "no connection"
        fix = f"Check the network and {self.setting}."
        if error.errno == errno.ECONNREFUSED:
            why = "connection refused"
            fix = f"Nothing listens there: check the host and port in {self.setting}."
        return self._unheard(f"{self.at} cannot be reached: {why}", fix)

    def _broken(self, kind: str) -> Unheard:
        hint = "" if self.is_tls else " A server for https breaks off like that: is it https://?"
        return self._unheard(
            f"{self.at} broke off: {kind}", f"Check the network and {self.setting}.{hint}"
        )

    @staticmethod
    def _unheard(found: str, fix: str) -> Unheard:
        return Unheard(found=found, fix=fix)
