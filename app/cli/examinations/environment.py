"""The settings: whether they can be read, what is ignored, and what they leave open."""

from collections.abc import Iterator, Mapping

from app.cli.examinations.finding import Finding, fault, ok, warning
from app.settings import PREFIX, SettingError, Settings, ignored_variables, read_settings
from app.store.connection import CONNECTIONS


def examine_settings(environ: Mapping[str, str]) -> tuple[Settings | None, list[Finding]]:
    """The settings, or None with the fault that keeps them from being read."""
    try:
        settings = read_settings(environ)
    except SettingError as error:
        return None, [fault("settings", str(error))]
    return settings, list(_findings(settings, environ))


def _findings(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    ignored = ignored_variables(environ)
    known = len({name.lower() for name in environ if name.upper().startswith(PREFIX)})
    count = known - len(ignored)
    yield ok("settings", f"{count} of {len(Settings.model_fields)} are set; all can be used")
    for name in ignored:
        yield warning("settings", f"{name} is no setting and is ignored; is it misspelt?")
    if settings.is_open_to_others:
        yield warning(
            "access",
            f"{settings.listen_addr.host}:{settings.listen_addr.port} is open to whoever reaches "
            "it; set SOFTPROBE_API_TOKEN, or SOFTPROBE_AUTH=keys for several organisations",
        )
    yield from _fairness(settings)


def _fairness(settings: Settings) -> Iterator[Finding]:
    """Whether the bound of one organisation's calls bounds anything.

    The default says nothing of a wish: the chart sets it everywhere.
    """
    name = "SOFTPROBE_ORG_CONCURRENCY"
    if str(settings.org_concurrency) == Settings.model_fields["org_concurrency"].default:
        return
    if not settings.asks_for_keys:
        yield warning("fairness", f"{name} is ignored: it holds with SOFTPROBE_AUTH=keys alone")
    elif settings.org_concurrency >= CONNECTIONS:
        yield warning(
            "fairness",
            f"{name}={settings.org_concurrency} lets one organisation take all {CONNECTIONS} "
            "connections to the store; set it below",
        )
