"""Commands on the office: the acts it adopted, how people are reminded, accounts, and who left."""

from __future__ import annotations

from typing import Annotated

from merzim.cli.call import CommandContext
from merzim.cli.mount import command, mount
from merzim.cli.rendering import picked
from merzim.services.accounts import verbs as accounts
from merzim.services.inputs import build
from merzim.services.law.acts import ChangeAct, adoptable_acts, change_act, unit_of_acts
from merzim.services.names import person_named, unit_named
from merzim.services.people import leaving
from merzim.services.people.staff import ChooseDigest, choose_digest
from notifications.letter_links import CHOICES, DAILY
from workflow.org.access import ACCESSES, with_unit
from workflow.refusal import Refusal

ADOPT, LEAVE = "adopt", "leave"
Place = Annotated[str | None, "the unit; '' is the whole office"]
AccessOption = Annotated[str, ", ".join(ACCESSES)]


@command("acts [adopt|leave] [ACT]")
def acts(
    call: CommandContext,
    action: str = "",
    act: str = "",
    unit: Annotated[str, "the unit; else the organisation"] = "",
) -> None:
    """Acts in force in this organisation and what each brings; adopts one, or gives one up."""
    call.creates_database = bool(action)
    if action not in ("", ADOPT, LEAVE):
        raise Refusal("cli.not_one_of", text=action, where="ACTION", allowed=(ADOPT, LEAVE))
    if action and not act:
        raise Refusal("cli.missing_parameter", name="ACT")
    named = unit or action or call.app.reads.office().root
    place = unit_of_acts(call.ctx, unit) if named else ""
    if action:
        change_act(call.ctx, ChangeAct(act=act, unit=place, leave=action == LEAVE))
    known = adoptable_acts(call.ctx, place)
    answer = {
        "unit": place,
        "adopted": call.app.reads.office().units[place].acts if place else (),
        "in_force": sorted(act.id for act in known if act.adopted),
        "brings": {act.id: sorted(act.procedures) for act in known},
    }
    call.answer(answer)
    rows = [
        {
            "act": act.id,
            "title": act.title,
            "binds": act.adopted,
            "procedures": [title[call.language] for title in act.procedures.values()],
        }
        for act in known
    ]
    call.show({"acts": rows}, "acts", "act", "title", "binds", "procedures")


@command("digest PERSON [daily|weekly]")
def digest(call: CommandContext, person: str, choice: str | None = None) -> None:
    """Shows or chooses how often a person is reminded. Reminders the law asks for are never switched off."""
    call.creates_database = choice is not None
    key = person_named(call.app.reads.office(), person, required=True)
    if choice is not None:
        if choice not in CHOICES:
            raise Refusal("cli.unknown_digest", choice=choice, allowed=tuple(CHOICES))
        choose_digest(call.ctx, build(ChooseDigest, {"person": key, "digest": CHOICES[choice]}))
    recipient = call.app.reads.office().people[key]
    chosen = recipient.digest or DAILY
    call.tell({"person": key, "digest": chosen}, f"cli.digest.{chosen}", name=recipient.name)


@command("user add LOGIN", writes=True)
def add(
    call: CommandContext,
    login: str,
    access: AccessOption,
    person: Annotated[str, "whose it is: e-mail, key or name"] = "",
    name: Annotated[str, "name to show"] = "",
    unit: Place = None,
) -> None:
    """Makes an account and gives the address at which its password is chosen."""
    fields = {"login": login, "access": access, "person": person, "name": name}
    fields["unit"] = unit_named(call.app, unit or "")
    made = accounts.add(call.ctx, build(accounts.AccountAccess, fields))
    answer = {"login": made.login, "link": made.address}
    call.tell(answer, "cli.user.added", **answer, hours=call.app.settings.web.invitation_hours)
    _warn_of_no_unit(call, login)


@command("user change LOGIN", writes=True)
def change(call: CommandContext, login: str, access: AccessOption = "", unit: Place = None) -> None:
    """Changes the access or the unit of an account."""
    reader = accounts.get_account(call.ctx, login).reader
    fields = picked(reader, "login", "person", "name") | {"access": access or reader.access}
    fields["unit"] = reader.unit if unit is None else unit_named(call.app, unit)
    accounts.change(call.ctx, build(accounts.AccountAccess, fields))
    call.tell({"login": reader.login}, "cli.user.changed", login=reader.login)
    _warn_of_no_unit(call, login)


mount("user token LOGIN", accounts.give_token, says="cli.user.token")


@command("user remove-totp LOGIN", writes=True)
def remove_totp(call: CommandContext, login: str, ground: Annotated[str, "the ground, in words"]) -> None:
    """Removes a second factor where nobody else can; the audit log says that it was done on the server."""
    accounts.remove_second_factor(call.ctx, login, ground=ground)
    call.tell({"login": login.casefold()}, "cli.user.factor_removed", login=login.casefold())


def _warn_of_no_unit(call: CommandContext, login: str) -> None:
    """Print a warning when an account without a unit sees no case."""
    reader = accounts.get_account(call.ctx, login).reader
    if with_unit(reader, call.app.reads.office()).nowhere:
        call.print(call.say("cli.user.no_unit", login=reader.login))


mount("retention anonymise PERSON", leaving.anonymise_person, "number", "rows", "preview")
