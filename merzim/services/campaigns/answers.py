"""Answers to campaigns: the form a person's link opens without an account, and the row an answer adds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date

from calendars.hours import local_date
from merzim.services.campaigns.views import campaign_store, definition_of
from merzim.services.context import RequestContext
from merzim.services.registers.results import FieldView, field_view
from merzim.services.registers.verbs import add_rows, check_row
from merzim.services.verbs import LinkRefused
from merzim.storage.database import writing
from merzim.storage.notices.campaigns import AlreadyAnswered
from notifications.event_notices import INVITATION
from notifications.letter_links import CampaignLink, link_path, read_secret
from workflow.law.procedure import Text
from workflow.org.access import Reader
from workflow.org.office import Person, Unit
from workflow.registers.campaigns import CampaignPerson, StartedCampaign, asked_by
from workflow.registers.definition import Campaign, Register, UnknownRegisterField
from workflow.registers.rows import RowEventKind
from workflow.registers.values import InvalidRow, Value, ValueProblem, is_filled

LINK = "link"
"""The author recorded for a row confirmed through a personal link."""


class CampaignLinkRefused(LinkRefused):
    """The link of a campaign is not valid, or no longer; the message does not reveal why."""

    not_found = "web.problem.no_link"


def form_fields(register: Register, needed: Mapping[str, bool]) -> Sequence[FieldView]:
    """Return the fields of an answer. `needed`: their names -> whether they are required."""
    return [
        field_view(register.fields[name]).model_copy(update={"required": required})
        for name, required in needed.items()
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignForm:
    """The form by which a person answers; it contains no stored data, neither of others nor of the person."""

    campaign: StartedCampaign
    register: Register
    definition: Campaign
    invitee: CampaignPerson
    person: Person
    unit: Unit | None

    @property
    def fields(self) -> Sequence[FieldView]:
        """The fields to fill in; the post is asked for where the office does not know it."""
        kind = self.definition
        post = [kind.post] if kind.post and not self.person.post else []
        return form_fields(self.register, {name: name not in kind.may_fill for name in (*post, *kind.asks)})


def open_link(ctx: RequestContext, token: str) -> CampaignForm:
    """Return the form for the person of a link.

    Raises:
        CampaignLinkRefused: an invalid or used link, or one of a campaign that ended or a person who left.
    """
    link = read_secret(ctx.app.rules.link_key, token, CampaignLink)
    store = campaign_store(ctx)
    asked = store.person(link.campaign, link.number) if link is not None else None
    if link is None or asked is None:
        raise CampaignLinkRefused(is_ours=link is not None)
    form = _awaited_form(ctx, store.get(link.campaign), asked) if asked.version == link.version else None
    if form is None:
        person = ctx.app.reads.office().member(asked.person)
        raise CampaignLinkRefused(language=person.language if person else "")
    return form


@dataclass(frozen=True, kw_only=True, slots=True)
class AwaitedAnswer:
    """A campaign that awaits the answer of the reader's person. `place`: the path of its form."""

    title: Text
    until: date
    place: str


def awaited_answers(ctx: RequestContext) -> Sequence[AwaitedAnswer]:
    """Return the open campaigns that await the answer of the reader's person, the oldest first."""
    answers, store, person = [], campaign_store(ctx), ctx.reader.person
    for campaign in store.open_on(ctx.today) if person else ():
        asked = store.people(campaign.id, [person]).get(person)
        if asked is not None and (form := _awaited_form(ctx, campaign, asked)):
            place = link_path(ctx.app.rules.link_key, CampaignLink(campaign.id, asked.number, asked.version))
            answers.append(
                AwaitedAnswer(title=campaign.titled(form.definition), until=campaign.until, place=place)
            )
    return answers


def answer(ctx: RequestContext, form: CampaignForm, values: Mapping[str, object]) -> str:
    """Add the row of an answer by a link, in the name of LINK; return its id. `values`: of the form's fields.

    Raises:
        UnknownRegisterField: a value of another field.
        InvalidRow: with all mistakes in the values.
        CampaignLinkRefused: there is another answer already, or the campaign was closed.
    """
    asked = {field.id: field for field in form.fields}
    refuse_wrong(form.register, values, asked, [name for name in asked if asked[name].required])
    office = replace(ctx, reader=Reader(login=LINK, access="officer_administrator"), operator=True)
    try:
        return add_answer(office, form, values, kind="confirmed")
    except AlreadyAnswered:
        raise CampaignLinkRefused from None


def refuse_wrong(
    register: Register, values: Mapping[str, object], asked: Collection[str], required: Iterable[str]
) -> None:
    """Raise for values of fields that are not asked for, and for required ones without a value.

    Raises:
        UnknownRegisterField, InvalidRow.
    """
    unknown = [name for name in values if name not in asked]
    if unknown:
        raise UnknownRegisterField("register.unknown_field", field=unknown[0], allowed=tuple(asked))
    missing = tuple(ValueProblem(name, "required") for name in required if not is_filled(values.get(name)))
    if missing:
        raise InvalidRow(register.fields, missing)


def _awaited_form(
    ctx: RequestContext, campaign: StartedCampaign | None, asked: CampaignPerson
) -> CampaignForm | None:
    """Return the form of a person whose answer is awaited; None where none is, or no longer."""
    office = ctx.app.reads.office()
    person = office.people.get(asked.person)
    if campaign is None or person is None or asked.state != "awaited" or not campaign.is_open(ctx.today):
        return None
    if not asked_by(office, campaign.choice)(person):
        return None
    with suppress(LookupError):
        return form_for(ctx, campaign, asked, person)
    return None


def form_for(
    ctx: RequestContext, campaign: StartedCampaign, campaign_person: CampaignPerson, person: Person
) -> CampaignForm:
    """Return the form of a person of a campaign, whether their answer is awaited or not. Raises UnknownCampaign
    where the register has no such campaign.
    """
    register, campaign_kind = definition_of(ctx, campaign)
    return CampaignForm(
        campaign=campaign,
        register=register,
        definition=campaign_kind,
        invitee=campaign_person,
        person=person,
        unit=ctx.app.reads.office().units.get(person.unit),
    )


def add_answer(
    ctx: RequestContext, form: CampaignForm, values: Mapping[str, object], *, kind: RowEventKind
) -> str:
    """Add the row of an answer and mark it as the person's answer, in one transaction; return its id.

    Args:
        kind: `confirmed` by the person's link, `added` by the officer from paper.

    Raises:
        AlreadyAnswered: there is another answer already, or they left, or the campaign was closed.
        InvalidRow: with all mistakes in the values.
    """
    row, unit = _row_values(ctx, form, values), form.person.unit
    with writing(ctx.app.engine):
        [id] = add_rows(ctx, form.register, [row], [unit], kind=kind, answer={"campaign": form.campaign.id})
        campaign_store(ctx).answer(form.invitee, id, at=ctx.now)
    return id


def _row_values(ctx: RequestContext, form: CampaignForm, values: Mapping[str, object]) -> Mapping[str, Value]:
    """Return the values of the row of an answer: the campaign's, its days and person, the answer's. Raises
    InvalidRow.
    """
    campaign_kind, person = form.definition, form.person
    given_values: dict[str, object] = {**form.campaign.given, campaign_kind.person: person.key}
    if campaign_kind.post:
        given_values[campaign_kind.post] = person.post
    if campaign_kind.confirmed_on:
        given_values[campaign_kind.confirmed_on] = ctx.today.isoformat()
    if campaign_kind.written_on or campaign_kind.reminded_on:
        letters = campaign_store(ctx).letters(form.campaign.id, person.key)
        reminders = [letter for letter in letters if letter.step != INVITATION]
        days = ((campaign_kind.written_on, letters[:1]), (campaign_kind.reminded_on, reminders[-1:]))
        for name, sent in days:
            if name and sent:
                given_values[name] = local_date(sent[0].at).isoformat()
    row = {**given_values, **campaign_kind.values, **values, campaign_kind.person: person.key}
    return check_row(ctx, form.register, row)
