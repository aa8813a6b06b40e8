"""What a person does to cases by the buttons of the Telegram bot, by the verbs, which check their rights."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from merzim.services.app import AppContext
from merzim.services.cases.verbs import RecordFact, Snooze, Undo, record, snooze, undo
from merzim.services.context import RequestContext, require_visible, whole_case
from merzim.services.outgoing.sending import Letter, acknowledge_letter
from notifications.notice import Notice
from workflow.cases.commands.case_commands import View
from workflow.org.access import Reader, placed
from workflow.org.office import Person


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonActions:
    """The actions of one person at one moment. `signature`: their name as the chain records it."""

    app: AppContext
    person: Person
    signature: str
    language: str
    now: datetime
    today: date

    @property
    def _ctx(self) -> RequestContext:
        """The context of the person, who sees what they may see and need have no account."""
        reader = Reader(
            login=self.signature, access="responsible", person=self.person.key, name=self.person.name
        )
        return RequestContext(
            app=self.app,
            clock=lambda: (self.now, self.today),
            case_commands=self.app.case_commands,
            library=self.app.library,
            calendar=self.app.calendar,
            demonstration=False,
            passwordless=False,
            reader=placed(reader, self.app.reads.office()),
            language=self.language,
        )

    def view(self, case: str) -> View:
        """Return a case the person sees. Raises UnknownCase."""
        require_visible(self._ctx, case)
        return self.app.case_commands.view(case, today=self.today)

    def read(self, notice: Notice) -> None:
        """Record that the person has read a notice, with all that its letter carried."""
        ctx = self._ctx
        for letter in (*self.app.outbox.carried(notice.key), notice):
            if letter.case:
                acknowledge_letter(ctx, Letter(case=letter.case, key=letter.key))
            else:
                self.app.outbox.acknowledge(letter.key, now=self.now)

    def done(self, case: str, fact: str, *, on: date) -> int | None:
        """Record that it was done; return the number of the event, None where it was recorded before."""
        result = record(self._ctx, RecordFact(case=case, fact=fact, on=on, evidence_follows=True))
        return result.events[0].seq if result.events else None

    def snooze(self, case: str, obligation: str, *, until: date) -> date:
        """Snooze the reminder; return the day until which it is."""
        ctx = self._ctx
        snooze(ctx, Snooze(case=case, obligation=obligation, until=until))
        return whole_case(ctx, case)[0].snoozed[obligation].until

    def undo(self, case: str, line: int) -> None:
        """Withdraw an event the person has just recorded."""
        undo(self._ctx, Undo(case=case, line=line))
