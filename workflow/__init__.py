"""The domain: what the law asks of an organisation, what has happened, and what follows.

No I/O, no clock, no language. A *case* is one procedure on its way in one organisation: an internal analysis,
a gift, a declaration. It is the fold of its events; everything else about it is computed from them, the law
and the calendar.

Begin with `machine.py`, the state machine: the chain from schedule to monitoring, and the commands open at
each state. Then `deadlines/`, due dates with their explanations; `reminders.py`, which step has come and for
whom; `findings/`, what departs from the law, with the point of the act.

`law/` is the shape of the files in regulations/, `cases/` events, their fold and the commands, `registers/`
lists described as data, `scoring/` the points, `org/` people, units and access, `board/` what is shown.
"""
