"""Answers to campaigns without an account: by a person's own link, or by a button of the bot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from i18n import known
from notifications.bot.office import CampaignQuestion
from notifications.campaign_links import AnswerLink, answer_address, read_token
from services.campaign_views import campaign_store, definition_of
from services.context import RequestContext, operator_context
from services.registers import add_rows, check_row
from services.row_results import FieldView, field_view
from services.signatures import CannotSign, agreement, keep_signature
from services.verbs import NotFound
from workflow.languages import law_language
from workflow.org.access import Reader
from workflow.org.office import Person, Unit
from workflow.registers.campaigns import CampaignPerson, StartedCampaign, people_asked
from workflow.registers.definition import Campaign, Register, UnknownField
from workflow.registers.rows import EventKind
from workflow.registers.values import InvalidRow, Value, ValueProblem

if TYPE_CHECKING:
    from services.app import AppContext
    from services.moments import Clock

LINK, TELEGRAM = "link", "telegram"
"""Authors recorded for a row confirmed through a personal link, or by a button of the bot."""


class LinkRefused(NotFound):
    """The link is not valid, or no longer; the message does not reveal why."""

    not_found = "web.problem.no_link"


@dataclass(frozen=True, kw_only=True, slots=True)
class Invitation:
    """The form opened by a link; it contains no stored data, neither of other people nor of its own person."""

    campaign: StartedCampaign
    register: Register
    wanted: Campaign
    asked: CampaignPerson
    person: Person
    unit: Unit | None
    fields: Sequence[FieldView]


def open_link(ctx: RequestContext, token: str) -> Invitation:
    """Return the form for the person of a link.

    Raises:
        LinkRefused: an invalid or used link, or one of a campaign that ended or a person who left.
    """
    link = read_token(ctx.app.rules.link_key, token)
    store = campaign_store(ctx)
    asked = store.person(link.campaign, link.number) if link is not None else None
    if link is None or asked is None or asked.version != link.version:
        raise LinkRefused("campaign.link_refused")
    return _invitation(ctx, store.get(link.campaign), asked)


def is_genuine(ctx: RequestContext, token: str) -> bool:
    """Return whether a link was issued here, still valid or not."""
    return read_token(ctx.app.rules.link_key, token) is not None


def language_of_link(ctx: RequestContext, token: str) -> str:
    """Return the language of the person a link was made for, valid or not; "" where nobody is known by it."""
    link = read_token(ctx.app.rules.link_key, token)
    asked = campaign_store(ctx).person(link.campaign, link.number) if link is not None else None
    office = ctx.app.reads.office()
    person = (office.people.get(asked.person) or office.former.get(asked.person)) if asked else None
    return person.language if person else ""


def invitation_of(ctx: RequestContext, campaign: str, person: str) -> Invitation:
    """Return the form for a person identified by a channel. Raises LinkRefused."""
    store = campaign_store(ctx)
    asked = store.people(campaign, [person]).get(person)
    if asked is None:
        raise LinkRefused("campaign.link_refused")
    return _invitation(ctx, store.get(campaign), asked)


def answer(
    ctx: RequestContext,
    invitation: Invitation,
    values: Mapping[str, object],
    *,
    by: str = LINK,
    signature: str = "",
) -> str:
    """Add the row of a person's answer; return its id.

    Args:
        values: values of the fields they fill in; `by`: how they were identified.
        signature: a digital signature of the statement (`statement`), in base64; "" for none.

    Raises:
        InvalidRow: with all mistakes in the values.
        CannotSign, SignatureUnreadable: the signature is invalid.
        LinkRefused: there is another answer already, or the campaign was closed.
    """
    from storage.notices.campaigns import AlreadyAnswered

    _refuse_wrong(invitation, values)
    office = replace(ctx, reader=Reader(login=by, access="officer"), operator=True)
    signed = _signed(office, invitation, values, signature) if signature else {}
    try:
        return add_answer(
            office,
            invitation.campaign,
            invitation.asked,
            invitation.person,
            values,
            kind="confirmed",
            more=signed,
        )
    except AlreadyAnswered:
        raise LinkRefused("campaign.link_refused") from None


def statement(ctx: RequestContext, invitation: Invitation, values: Mapping[str, object]) -> bytes:
    """Return the text a person signs: the campaign's statement, their values, their name and the day. Values
    stored outside the register's chain, so that they can be erased, are left out.

    Raises:
        InvalidRow: with everything wrong with the values.
        CannotSign: the campaign does not ask for signatures.
    """
    from notifications.campaign_notices import cited

    if not invitation.campaign.eds or not ctx.app.settings.eds.on:
        raise CannotSign("eds.off")
    _refuse_wrong(invitation, values)
    _row(ctx, invitation.campaign, invitation.person, values)
    campaign, kind, person = invitation.campaign, invitation.wanted, invitation.person
    language, document = law_language(known(person.language)), campaign.document
    unit = invitation.unit.name_in(language) if invitation.unit else ""
    fields = [one for one in invitation.fields if not invitation.register.outside_events(one.id)]
    lines = [
        f"{campaign.id}. {campaign.titled(kind)[language]}",
        cited(invitation.register, kind, language),
        kind.declares[language],
        " ".join(str(document[name]) for name in ("name", "sha256", "link") if name in document),
        *(f"{one.title.model_dump()[language]}: {values[one.id]}" for one in fields),
        ", ".join(filter(None, (person.name_in(language), person.post_in(language), unit))),
        ctx.today.isoformat(),
    ]
    return "\n".join(filter(None, lines)).encode() + b"\n"


def _signed(
    ctx: RequestContext, invitation: Invitation, values: Mapping[str, object], signature: str
) -> dict[str, object]:
    """Store a statement with its signature; return the data of both for the event of the row."""
    content = statement(ctx, invitation, values)
    name = f"{invitation.campaign.id}-{invitation.asked.number}.txt"
    reference = sha256(content).hexdigest()
    kept, checked = keep_signature(ctx, signature, reference, name, content=content)
    agrees = agreement(checked.signer, [invitation.person])
    return {
        "statement": {"name": name, "sha256": reference},
        "signature": {"agrees": agrees, "name": kept.name, "sha256": kept.reference},
    }


def _refuse_wrong(invitation: Invitation, values: Mapping[str, object]) -> None:
    asked_for = [one.id for one in invitation.fields]
    unknown = [name for name in values if name not in asked_for]
    if unknown:
        raise UnknownField("register.unknown_field", field=unknown[0], allowed=tuple(asked_for))
    missing = [name for name in asked_for if values.get(name) in (None, "", [])]
    if missing:
        raise InvalidRow(invitation.register, tuple(ValueProblem(name, "required") for name in missing))


class BotAnswers:
    """Answers to campaigns by people identified by the bot (`notifications.bot.office.CampaignAnswers`)."""

    def __init__(self, app: AppContext, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    def _context(self) -> RequestContext:
        moment = self._clock()
        return operator_context(self._app, by=TELEGRAM, now=moment.now, today=moment.today)

    def question(self, person: str, campaign: str, language: str) -> CampaignQuestion:
        """Return the question of a campaign to a person. Raises LinkRefused."""
        ctx = self._context()
        invitation = invitation_of(ctx, campaign, person)
        asked = invitation.asked
        return CampaignQuestion(
            title=invitation.campaign.titled(invitation.wanted)[language],
            declares=invitation.wanted.declares[language],
            address=answer_address(ctx.app.rules, AnswerLink(asked.campaign, asked.number, asked.version)),
            has_form=bool(invitation.fields),
        )

    def confirm(self, person: str, campaign: str) -> str:
        """Add the row of the person's answer; return its id. Raises LinkRefused, InvalidRow."""
        ctx = self._context()
        return answer(ctx, invitation_of(ctx, campaign, person), {}, by=TELEGRAM)


def _invitation(ctx: RequestContext, campaign: StartedCampaign | None, asked: CampaignPerson) -> Invitation:
    office = ctx.app.reads.office()
    person = office.people.get(asked.person)
    if (
        campaign is None
        or person is None
        or asked.state != "awaited"
        or not campaign.is_open(ctx.today)
        or not any(one.key == person.key for one in people_asked(office, campaign.units))
    ):
        raise LinkRefused("campaign.link_refused")
    try:
        register, wanted = definition_of(ctx, campaign)
    except (NotFound, LookupError):
        raise LinkRefused("campaign.link_refused") from None
    names = (*((wanted.post,) if wanted.post and not person.post else ()), *wanted.fills)
    return Invitation(
        campaign=campaign,
        register=register,
        wanted=wanted,
        asked=asked,
        person=person,
        unit=office.units.get(person.unit),
        fields=[field_view(register.fields[name]).model_copy(update={"required": True}) for name in names],
    )


def add_answer(
    ctx: RequestContext,
    campaign: StartedCampaign,
    asked: CampaignPerson,
    person: Person,
    values: Mapping[str, object],
    *,
    kind: EventKind,
    more: Mapping[str, object] | None = None,
) -> str:
    """Add the row of an answer and mark it as the person's answer, in one transaction; return its id."""
    from storage.notices.campaigns import claim_answer

    register, row = definition_of(ctx, campaign)[0], _row(ctx, campaign, person, values)
    ids = add_rows(
        ctx,
        register,
        person.unit,
        "",
        [row],
        kind=kind,
        more={"campaign": campaign.id, **(more or {})},
        also=lambda connection, added: claim_answer(connection, asked, added[0], at=ctx.now),
    )
    return ids[0]


def _row(
    ctx: RequestContext, campaign: StartedCampaign, person: Person, values: Mapping[str, object]
) -> Mapping[str, Value]:
    """Return the values of the row of an answer. Raises InvalidRow."""
    register, wanted = definition_of(ctx, campaign)
    given: dict[str, object] = {**wanted.values, **campaign.given}
    if wanted.post:
        given[wanted.post] = person.post
    if wanted.confirmed_on:
        given[wanted.confirmed_on] = ctx.today.isoformat()
    return check_row(ctx, register, {**given, **values, wanted.person: person.key})
