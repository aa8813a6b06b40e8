"""The same arithmetic for many dates at once, on numpy arrays of days. numpy is optional: extra `merzim[fast]`.

Dates come as an array of datetime64[D] (or anything numpy makes one of) and go out as such. A date outside the
records, a result beyond them, or NaT raises `OutOfRange` for the whole array.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from calendars.calendar import Calendar
from calendars.horizon import FIRST, LAST, OutOfRange

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Days = NDArray[np.datetime64]
    Dates = ArrayLike | Sequence[date] | date

_DAY = timedelta(days=1)
_EPOCH = date(1970, 1, 1).toordinal()
_START = FIRST.toordinal() - _EPOCH
_SIZE = LAST.toordinal() - FIRST.toordinal() + 1


def add(calendar: Calendar, dates: Dates, n: int) -> Days:
    """`Calendar.add` for every date."""
    lowest, results = _shifted(calendar, n)
    days = _days(dates)
    index = days - (_START + lowest)
    _inside(index, len(results), days, n)
    if not index.shape:
        alone: Days = results.take(index)
        return alone
    # Each result takes the place of its own index: a second large array would cost more than all the counting.
    results.view(index.dtype).take(index, out=index, mode="clip")
    taken: Days = index.view(results.dtype)
    return taken


def count(calendar: Calendar, firsts: Dates, lasts: Dates) -> NDArray[np.int64]:
    """`Calendar.count` for every pair of dates; the arrays broadcast."""
    numpy = _numpy()
    before, upto, _ = _tables(calendar)
    begin, end = _days(firsts), _days(lasts)
    _inside(begin - _START, _SIZE, begin, 0)
    _inside(end - _START, _SIZE, end, 0)
    counted: NDArray[np.int64] = numpy.maximum(upto[end - _START] - before[begin - _START], 0)
    return counted


def is_working(calendar: Calendar, dates: Dates) -> NDArray[np.bool_]:
    """`Calendar.is_working` for every date."""
    before, upto, _ = _tables(calendar)
    days = _days(dates)
    _inside(days - _START, _SIZE, days, 0)
    works: NDArray[np.bool_] = (upto != before)[days - _START]
    return works


@lru_cache(maxsize=64)
def _shifted(calendar: Calendar, n: int) -> tuple[int, Days]:
    """The results for every day from which they stay within the records, and the index of the first one."""
    numpy = _numpy()
    before, upto, working = _tables(calendar)
    if n == 0:
        return 0, numpy.arange(_START, _START + _SIZE).astype("datetime64[D]")
    target = upto + n - 1 if n > 0 else before + n
    possible = numpy.flatnonzero((target >= 0) & (target < len(working)))
    if not len(possible):
        raise OutOfRange(LAST + _DAY if n > 0 else FIRST - _DAY)
    lowest, highest = int(possible[0]), int(possible[-1])
    return lowest, working[target[lowest : highest + 1]]


@lru_cache(maxsize=64)
def _tables(calendar: Calendar) -> tuple[Any, Any, Any]:
    """Working days before each day and up to it, and the working days themselves."""
    numpy = _numpy()
    before = numpy.fromiter(calendar.before.values(), dtype=numpy.int64, count=_SIZE)
    upto = numpy.fromiter(calendar.upto.values(), dtype=numpy.int64, count=_SIZE)
    return before, upto, numpy.array(calendar.working_days, dtype="datetime64[D]")


def _days(dates: Dates) -> Any:
    """Days since 1970 as integers; a moment with a time of day is refused."""
    numpy = _numpy()
    array = numpy.asarray(dates)
    if array.dtype == object or array.dtype.kind == "U":
        array = array.astype("datetime64")
    if array.dtype.kind != "M" or numpy.datetime_data(array.dtype) != ("D", 1):
        raise TypeError(f"an array of dates (datetime64[D]) is asked, got {array.dtype}")
    return array.view(numpy.int64)


def _inside(index: Any, size: int, days: Any, n: int) -> None:
    """Refuse indexes below 0 or from `size` on: seen as unsigned, a negative one is enormous."""
    numpy = _numpy()
    wrong = index.view(numpy.uint64)
    if not index.size or wrong.max() < size:
        return
    day = int(days[numpy.unravel_index(wrong.argmax(), wrong.shape)]) if days.shape else int(days)
    if not _START <= day < _START + _SIZE:
        asked = day + _EPOCH
        known = date.min.toordinal() <= asked <= date.max.toordinal()
        raise OutOfRange(date.fromordinal(asked) if known else date.min)
    raise OutOfRange(LAST + _DAY if n > 0 else FIRST - _DAY)


def _numpy() -> Any:
    try:
        import numpy
    except ImportError:
        raise ImportError("counting in bulk needs numpy: install merzim[fast]") from None
    return numpy
