"""The fast lane of a replica, put together from the calls of the plain one."""

from collections.abc import Callable
from functools import partial

from app.dataplane.compiled import CompiledRules
from app.dataplane.inject import Inject
from app.dataplane.traces import Traces
from app.fastlane.heads import Heads
from app.fastlane.inject import FastInject
from app.fastlane.lane import FastLane, Handler
from app.fastlane.record import Record
from app.fastlane.traces import FastTraces
from app.fastlane.under_way import Desk
from app.http.headers import Scope
from app.settings import Settings
from app.store.ack import Ack
from app.store.hot_calls import HotCalls


def fast_lane(
    settings: Settings,
    inject: Inject,
    uploads: Traces,
    compiled: CompiledRules,
    calls: HotCalls,
    record: Record,
) -> FastLane | None:
    """The lane of both calls, or of inject alone where uploads take more than one call.

    None where there is to be none.

    What is to get further than the store's memory is waited for on a connection of its own, and
    what counts against a quota has to be held first.
    """
    if settings.fast_lane == "off":
        return None
    asked = Desk(inject, compiled, calls, record)
    makers: dict[str, Callable[[Scope], Handler]]
    makers = {inject.route: partial(FastInject, asked, settings.session_ttl, inject)}
    if Ack(settings.store_ack) is Ack.MEMORY and not uploads.are_counted:
        desk = Desk(uploads, compiled, calls, record)
        bounds = settings.session_ttl, settings.max_capture_bytes
        makers[uploads.route] = partial(FastTraces, desk, *bounds)
    return FastLane(Heads(makers))
