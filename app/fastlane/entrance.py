"""The entrance: whose the calls with one head are, as far as that is known at once."""

from app.http.admission import Admission, presented
from app.http.caller import Caller
from app.http.headers import Scope


class Entrance:
    """Lets calls in by what their head presents.

    admission: the plain lane's, which is asked with each call: a key may have been revoked.
    """

    def __init__(self, admission: Admission, scope: Scope) -> None:
        words = presented(scope)
        self._known = admission.known
        self._word = words[0] if words else b""
        # Which of several works is for the plain lane to find out.
        self._is_sole = len(words) <= 1
        # Whose all calls are, where that does not change.
        self.lasting = self.caller() if admission.is_lasting else None

    def caller(self) -> Caller | None:
        """Whose a call is; None where the plain lane has to ask."""
        return self._known(self._word) if self._is_sole else None
