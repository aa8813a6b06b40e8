"""Documents in and out: schedules imported, past analyses judged, forms filled, lists and packages written."""
