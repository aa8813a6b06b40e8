"""Commands on the office: the acts it adopted, how people are reminded, accounts, and who left."""

from __future__ import annotations

from typing import Annotated

import typer

from merzim.cli.call import CommandContext
from merzim.cli.mount import command, mount
from merzim.cli.parsing import Ground, argument, option
from merzim.services.accounts import verbs as accounts
from merzim.services.inputs import build
from merzim.services.law.acts import ChangeAct, adoptable_acts, change_act, unit_of_acts
from merzim.services.names import person_named, unit_named
from merzim.services.people import retention
from merzim.services.people.staff import ChooseDigest, choose_digest
from notifications.letter_links import CHOICES, choice_of
from workflow.org.access import ACCESSES, Access, with_unit
from workflow.refusal import Refusal

ADOPT, LEAVE = "adopt", "leave"
Login = Annotated[str, argument("LOGIN")]
Place = Annotated[str | None, option("--unit", "U", "the unit; '' is the whole office")]
AccessOption = Annotated[str, typer.Option("--access", metavar="ACCESS", help=", ".join(ACCESSES))]


@command("acts")
def acts(
    call: CommandContext,
    action: Annotated[str, argument("[adopt|leave]")] = "",
    act: Annotated[str, argument("[ACT]")] = "",
    unit: Annotated[str, option("--unit", "U", "the unit; else the organisation")] = "",
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
            "title": act.title[call.language],
            "binds": act.adopted,
            "procedures": [title[call.language] for title in act.procedures.values()],
        }
        for act in known
    ]
    call.show({"acts": rows}, "acts", "act", "title", "binds", "procedures")


@command("digest")
def digest(
    call: CommandContext,
    person: Annotated[str, argument("PERSON")],
    choice: Annotated[str | None, argument("[daily|weekly]")] = None,
) -> None:
    """Shows or chooses how often a person is reminded. Reminders the law asks for are never switched off."""
    call.creates_database = choice is not None
    key = person_named(call.app.reads.office(), person, required=True)
    if choice is not None:
        if choice not in CHOICES:
            raise Refusal("cli.unknown_digest", choice=choice, allowed=tuple(CHOICES))
        choose_digest(call.ctx, build(ChooseDigest, {"person": key, "digest": CHOICES[choice]}))
    recipient = call.app.reads.office().people[key]
    chosen = choice_of(recipient)
    call.tell({"person": key, "digest": chosen}, f"cli.digest.{chosen}", name=recipient.name)


@command("user add", writes=True)
def add(
    call: CommandContext,
    login: Login,
    access: AccessOption,
    person: Annotated[str, option("--person", "KEY", "whose it is: e-mail, key or name")] = "",
    name: Annotated[str, option("--name", "NAME", "name to show")] = "",
    unit: Place = None,
) -> None:
    """Makes an account and gives the address at which its password is chosen."""
    fields = {"login": login, "access": _access(access), "person": person, "name": name}
    command = build(accounts.AccountAccess, {**fields, "unit": unit_named(call.app, unit or "")})
    link = accounts.add(call.ctx, command).address
    call.tell(
        {"login": login.casefold(), "link": link},
        "cli.user.added",
        login=login.casefold(),
        link=link,
        hours=call.app.settings.web.invitation_hours,
    )
    _warn_of_no_unit(call, login)


@command("user change", writes=True)
def change(call: CommandContext, login: Login, access: AccessOption = "", unit: Place = None) -> None:
    """Changes the access or the unit of an account."""
    reader = accounts.get_account(call.ctx, login).reader
    fields = {
        "login": login,
        "access": _access(access) if access else reader.access,
        "person": reader.person,
        "name": reader.name,
        "unit": reader.unit if unit is None else unit_named(call.app, unit),
    }
    accounts.change(call.ctx, build(accounts.AccountAccess, fields))
    call.tell({"login": login.casefold()}, "cli.user.changed", login=login.casefold())
    _warn_of_no_unit(call, login)


@command("user token", writes=True)
def token(
    call: CommandContext,
    login: Login,
    name: Annotated[str, option("--name", "NAME", "what the token is for")] = "",
    days: Annotated[int, option("--days", "N", "for how many days")] = 90,
    write: Annotated[bool, option("--write", None, "allow writing as well")] = False,
) -> None:
    """Gives a token of the API; it is shown once."""
    fields = {"login": login, "name": name, "days": days, "write": write}
    answer = accounts.give_token(call.ctx, build(accounts.TokenRequest, fields))
    call.tell(answer, "cli.user.token", **answer.model_dump(), days=days)


@command("user remove-totp", writes=True)
def remove_totp(
    call: CommandContext,
    login: Login,
    ground: Ground,
) -> None:
    """Removes a second factor where nobody else can; the audit log says that it was done on the server."""
    accounts.remove_second_factor(call.ctx, login, ground=ground)
    call.tell({"login": login.casefold()}, "cli.user.factor_removed", login=login.casefold())


def _access(text: str) -> Access:
    """Return the text if it is an access. Raises Refusal."""
    if text not in ACCESSES:
        raise Refusal("cli.user.bad_access", access=text, allowed=ACCESSES)
    return text


def _warn_of_no_unit(call: CommandContext, login: str) -> None:
    """Print a warning when an account without a unit sees no case."""
    reader = accounts.get_account(call.ctx, login).reader
    if with_unit(reader, call.app.reads.office()).nowhere:
        call.print(call.say("cli.user.no_unit", login=reader.login))


mount("retention anonymise PERSON", retention.anonymise_person, "number", "rows", "preview")
