"""Working-day arithmetic on numpy arrays of days; numpy is optional (extra `merzim[fast]`).

Dates come as an array of datetime64[D] (or anything numpy makes one of) and go out as such. A date outside the
records, a result beyond them, or NaT raises `OutOfRange` for the whole array.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from calendars.calendar import Calendar
from calendars.horizon import FIRST, OutOfRange

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Days = NDArray[np.datetime64]
    Dates = ArrayLike | Sequence[date] | date

_DAY = timedelta(days=1)
_EPOCH = date(1970, 1, 1).toordinal()
_START = FIRST.toordinal() - _EPOCH


def add(calendar: Calendar, dates: Dates, n: int) -> Days:
    """Return `Calendar.add` of every date."""
    lowest, results = _shift_table(calendar, n)
    index = _day_numbers(dates) - (_START + lowest)
    if _outside(index, len(results)):
        _positions(calendar, dates)
        raise _past_the_end(calendar, n)
    if not index.shape:
        alone: Days = results.take(index)
        return alone
    # Each result takes the place of its own index: a second large array would cost more than all the counting.
    results.view(index.dtype).take(index, out=index, mode="clip")
    days: Days = index.view(results.dtype)
    return days


def count(calendar: Calendar, firsts: Dates, lasts: Dates) -> NDArray[np.int64]:
    """Return `Calendar.count` of every pair of dates; the arrays broadcast."""
    numpy = _import_numpy()
    before, upto, _ = _tables(calendar)
    begin, end = _positions(calendar, firsts), _positions(calendar, lasts)
    counts: NDArray[np.int64] = numpy.maximum(upto[end] - before[begin], 0)
    return counts


def is_working(calendar: Calendar, dates: Dates) -> NDArray[np.bool_]:
    """Return `Calendar.is_working` of every date."""
    before, upto, _ = _tables(calendar)
    works: NDArray[np.bool_] = (upto != before)[_positions(calendar, dates)]
    return works


@lru_cache(maxsize=64)
def _shift_table(calendar: Calendar, n: int) -> tuple[int, Days]:
    """Return the day n working days from every day of the records, and the index of the first day that has
    one.
    """
    numpy = _import_numpy()
    before, upto, working = _tables(calendar)
    if n == 0:
        return 0, numpy.arange(_START, _START + len(upto)).astype("datetime64[D]")
    target = upto + n - 1 if n > 0 else before + n
    possible = numpy.flatnonzero((target >= 0) & (target < len(working)))
    if not len(possible):
        raise _past_the_end(calendar, n)
    lowest, highest = int(possible[0]), int(possible[-1])
    return lowest, working[target[lowest : highest + 1]]


@lru_cache(maxsize=64)
def _tables(calendar: Calendar) -> tuple[Any, Any, Any]:
    """Return, for each day, the working days before it and up to it; and all working days."""
    numpy = _import_numpy()
    size = len(calendar.upto)
    before = numpy.fromiter(calendar.before.values(), dtype=numpy.int64, count=size)
    upto = numpy.fromiter(calendar.upto.values(), dtype=numpy.int64, count=size)
    return before, upto, numpy.array(calendar.working_days, dtype="datetime64[D]")


def _day_numbers(dates: Dates) -> Any:
    """Return dates as integer days since 1970. Raises TypeError for values with a time of day."""
    numpy = _import_numpy()
    array = numpy.asarray(dates)
    if array.dtype == object or array.dtype.kind == "U":
        array = array.astype("datetime64")
    if array.dtype.kind != "M" or numpy.datetime_data(array.dtype) != ("D", 1):
        raise TypeError(f"an array of dates (datetime64[D]) is asked, got {array.dtype}")
    return array.view(numpy.int64)


def _positions(calendar: Calendar, dates: Dates) -> Any:
    """Return the number of days from the first on record to each date. Raises OutOfRange for one outside."""
    index = _day_numbers(dates) - _START
    if _outside(index, len(calendar.upto)):
        numbers = index.ravel()
        ordinal = FIRST.toordinal() + int(numbers[numbers.view(_import_numpy().uint64).argmax()])
        representable = date.min.toordinal() <= ordinal <= date.max.toordinal()
        raise OutOfRange(date.fromordinal(ordinal) if representable else date.min, calendar.last)
    return index


def _outside(index: Any, size: int) -> bool:
    """Return whether an index is below 0 or from `size` on (a negative one, seen as unsigned, is enormous)."""
    return bool(index.size) and index.view(_import_numpy().uint64).max() >= size


def _past_the_end(calendar: Calendar, n: int) -> OutOfRange:
    """Return the error for a result beyond the calendar."""
    return OutOfRange(calendar.last + _DAY if n > 0 else FIRST - _DAY, calendar.last)


def _import_numpy() -> Any:
    """Import and return numpy; if it is missing, raise ImportError saying how to install it."""
    try:
        import numpy
    except ImportError:
        raise ImportError("counting in bulk needs numpy: install merzim[fast]") from None
    return numpy
