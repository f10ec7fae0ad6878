"""The entrance: whose the calls with one head are, as far as that is known at once."""

from app.http.admission import Admission, presented
from app.http.caller import Caller
from app.http.headers import Scope


def _nobody() -> None:
    """Which of several works is for the plain lane to find out."""


class Entrance:
    """Lets calls in by what their head presents.

    admission: the plain lane's, which is asked with each call: a key may have been revoked.
    caller: gives whose a call is; None where the plain lane has to ask.
    lasting: whose all calls are, where that does not change.
    """

    def __init__(self, admission: Admission, scope: Scope) -> None:
        words = presented(scope)
        is_sole = len(words) <= 1
        self.caller = admission.knower(words[0] if words else b"") if is_sole else _nobody
        self.lasting: Caller | None = self.caller() if admission.is_lasting else None
