"""A valid request for every writing route written by hand, and an office in which each can be carried out.

With a valid request a refusal can only be due to access. Operations of the API that `mount.post` makes of verbs
need none here: what they ask for is the verb's, and every verb is called in tests.web.test_verb_rights.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import insert

from merzim.documents.sheets.unreadable import UploadKind
from merzim.services.accounts.credentials import hash_password
from merzim.services.campaigns.verbs import CloseCampaign, StartCampaign, close_campaign, start_campaign
from merzim.services.context import operator_context, uploads_of
from merzim.services.people.staff import mark
from merzim.services.registers.verbs import AddRow, add_row
from merzim.storage.notices.campaigns import SqlCampaigns
from merzim.storage.org import store as office_store
from merzim.storage.tables.notices import NOTICE
from tests.case_rows import ExposedPosition, FoundRisk, RegisterCommands, RiskCommands, SetMeasure
from tests.second_factors import code_at
from tests.web.real import RealOffice
from workflow.cases.case import Evidence
from workflow.cases.commands import recording, standings
from workflow.cases.commands.opening import Opening
from workflow.cases.registers.measure_term import MeasureTerm
from workflow.org.access import Reader
from workflow.org.audit import Stamp
from workflow.org.office import Person

OWN, FOREIGN = "Департамент управления активами", "Пресс-служба"
PASSWORD = "жақсы құпиясөз 1"
NOW = datetime(2026, 4, 6, 7, 0, tzinfo=UTC)
GROUND = {"ground": "негіздемесі бар"}
DAY = "2026-04-06"
OLDER = "internal-analysis.2023-01-01"
PLAN = (
    "№;Риск;Мероприятие;Форма завершения;Ответственный;Срок\n"
    "1;Нет порядка;Утвердить порядок {n};Приказ;Иванов;до 30 июня 2026 года\n"
)
CARTOGRAM = "Раздел;Управление;Район;Должность или риск\n1;Аппарат;;Басшы {n}\n"
PEOPLE = "Подразделение;ФИО;E-mail;Язык\n{unit};Жаңа Адам;new@example.kz;kk\n"
ACT = """[[transfer]]
off = 2026-05-{off:02}
work = 2026-05-{work:02}
act = "G26G000000{n}"
address = "https://adilet.zan.kz/rus/docs/G26G000000{n}"
"""
SCHEDULE = (
    "Объект анализа;Подразделение;Начало анализа;Окончание анализа\nЖаңа {n};{unit};01.06.2026;10.07.2026\n"
)

READERS = (
    Reader(login="officer", access="officer", person="a.akhmetova@example.kz"),
    Reader(login="responsible", access="responsible", unit=OWN, person="n.ibraev@example.kz"),
    Reader(login="head_of_unit", access="head_of_unit", unit=OWN, person="p.litvinova@example.kz"),
    Reader(login="first_head", access="first_head", person="d.serikbaev@example.kz"),
    Reader(login="auditor", access="auditor", person="r.tleubaev@example.kz"),
    Reader(login="administrator", access="administrator", person="g.omarova@example.kz"),
)
"""One of every access; those of a unit are of the unit whose case is written to."""
UNNAMED = Reader(login="unnamed", access="officer")
"""An officer of the whole office who was not named to know of the confidential case."""
ELSEWHERE = (
    Reader(login="executor_elsewhere", access="responsible", unit=FOREIGN),
    Reader(login="head_elsewhere", access="head_of_unit", unit=FOREIGN),
    Reader(login="officer_elsewhere", access="officer", unit=FOREIGN),
    Reader(login="executor_nowhere", access="responsible"),
)
"""Those who see another unit, or none."""


@dataclass
class World:
    """The office, and what is to be written about.

    Attributes:
        case: of the unit OWN; secret: a confidential one, of which the officer alone was named to know.
        rows: two trainings and a consent of OWN, for what changes or ends one.
        spare: further cases of OWN, for what ends a case.
        now_at: the sender of the next request; some bodies name the sender's own objects.
    """

    office: RealOffice
    case: str
    secret: str
    spare: tuple[str, ...]
    files: dict[str, str] = field(default_factory=dict)
    rows: tuple[str, ...] = ()
    now_at: str = ""

    def letter(self, name: str) -> str:
        """The key of a letter about the case to the current sender."""
        return f"{self.case}:{name}:{self.now_at}"

    def failed_letter(self, name: str) -> str:
        """The id of the officer's letter about the case that failed, as administrators know it."""
        return sha256(f"{self.case}:{name}:officer".encode()).hexdigest()[:32]

    def number_of(self, person: str) -> str:
        """The number of somebody in the first campaign."""
        return str(SqlCampaigns(self.office.app.engine).people("2026-001")[person].number)

    def mark_of_person(self, key: str) -> str:
        return mark(self.office.app.reads.office().people[key])

    def code(self, *, later: int = 0) -> str:
        """A code of a second factor that is right at this moment, or so many steps later."""
        return code_at(SECRET, self.office.moment[0].now, later=later)


SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
Body = Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A request of a route.

    Attributes:
        json, form: the body; from the world, where it names what is there.
        files: what a form carries, by field: a name, and the bytes.
        case: whether it writes into a case: that of the path, or the one its body names.
        row: whether it writes a row of a register, of the unit OWN.
        places: what stands in the places of the path, beside the case.
        changes: whether the officer's (or administrator's) request writes something; no where there is nothing
            of that kind to write in this office (no bot, no letter a channel has kept).
        status: the answer of such a request.
    """

    json: Body | Callable[[World], Body] | None = None
    form: Body | Callable[[World], Body] | None = None
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    case: bool = False
    row: bool = False
    places: Mapping[str, str] | Callable[[World], Mapping[str, str]] = field(default_factory=dict)
    changes: bool = True
    status: tuple[int, ...] = (200, 201, 303)

    def request(self, world: World, case: str) -> dict[str, Any]:
        """The arguments of the client; a body that names a case names this one."""
        body = self.json if self.json is not None else self.form
        fields = dict((body(world) if callable(body) else body) or {})
        if "case" in fields:
            fields["case"] = case
        if self.json is not None:
            return {"json": fields}
        if self.form is None and not self.files:
            return {}
        return {"data": fields, **({"files": dict(self.files)} if self.files else {})}


def form_in_case(**fields: object) -> Sent:
    """A form into a case."""
    return Sent(form=fields, case=True)


API = "/api/v1"
WHOLE = {"{campaign}": "2026-001"}
REGISTER = {"{register_id}": "trainings"}
TRAINING = {
    "kind": "compliance",
    "topic": "Түсіндіру",
    "held_on": "2026-03-02",
    "format": "offline",
    "audience": "қызметкерлер",
}
TRAININGS = ";".join(TRAINING) + "\n" + ";".join(TRAINING.values()) + "\n"


def on_row(number: int, **options: Any) -> Sent:
    """A request about one of the rows prepared."""
    return Sent(row=True, places=lambda world: {**REGISTER, "{row}": world.rows[number]}, **options)


SENT: Mapping[str, Sent] = {
    # -------------------------------------------------------------------------- the API: what no verb makes
    f"{API}/plan": Sent(
        json={"procedure": "internal-analysis", "planned": {"order_signed": DAY}}, changes=False
    ),
    f"{API}/cases/{{case}}/risks/plan": Sent(json=lambda world: {"file": world.files["plan"]}, case=True),
    f"{API}/cases/{{case}}/cartogram": Sent(
        json=lambda world: {"file": world.files["cartogram"], "on": DAY}, case=True
    ),
    f"{API}/files": Sent(files={"file": ("тағы.pdf", b"%PDF-1.7\nmore")}),
    f"{API}/schedules": Sent(json=lambda world: {"file": world.files["schedule"]}),
    f"{API}/years": Sent(json={"year": 2027}),
    f"{API}/years/undo": Sent(json={"year": 2027}, changes=False, status=(200, 409, 422)),
    f"{API}/calendar/acts": Sent(json={"text": ACT.format(off=8, work=16, n=1), "name": "a.toml"}),
    # ------------------------------------------------------------------------------------------- pages: a case
    "/cases/{case}": form_in_case(fact="work_plan_approved", on="2026-04-02"),
    "/cases/{case}/plan": form_in_case(fact="analysis_ended", on="2026-05-14"),
    "/cases/{case}/correct": form_in_case(fact="start_announced", on="2026-03-26", **GROUND),
    "/cases/{case}/passport": form_in_case(**{"was.object_kk": "", "object_kk": "Сатып алу"}),
    "/cases/{case}/withdraw": form_in_case(name="plan.analysis_ended", **GROUND),
    "/cases/{case}/undo": Sent(form={"line": "1"}, case=True, changes=False, status=(422,)),
    "/cases/{case}/cancel": Sent(form=GROUND, case=True, places=lambda world: {"{case}": world.spare[0]}),
    "/cases/{case}/exempt": form_in_case(obligation="certificate_filed", **GROUND),
    "/cases/{case}/reopen": form_in_case(obligation="positions_consolidated", **GROUND),
    "/cases/{case}/migrate": Sent(
        form={"edition": OLDER}, case=True, places=lambda world: {"{case}": world.spare[1]}
    ),
    "/cases/{case}/readers": form_in_case(person="s.nurgalieva@example.kz"),
    "/cases/{case}/readers/remove": form_in_case(person="r.tleubaev@example.kz", **GROUND),
    "/cases/{case}/acknowledge": Sent(form=lambda world: {"key": world.letter("page")}, case=True),
    "/cases/{case}/notices/resend": Sent(form=lambda world: {"key": world.letter("failed-page")}, case=True),
    "/cases/{case}/risks": form_in_case(description="Бет: тәуекел", on=DAY),
    "/cases/{case}/risks/rank": form_in_case(number="1", likelihood="2", effect="2"),
    "/cases/{case}/risks/measure": form_in_case(number="1", action="Бет: жою"),
    "/cases/{case}/risks/review": form_in_case(number="1", outcome="partly", on=DAY),
    "/cases/{case}/risks/remove": form_in_case(number="2", on=DAY),
    "/cases/{case}/risks/ask": form_in_case(number="2", asked="Бет: өзгерту", body="Министрлік", on=DAY),
    "/cases/{case}/risks/answer": form_in_case(number="1", text="Бет: өзгертілді", on=DAY),
    "/cases/{case}/rows/edit": form_in_case(
        **{"kind": "risk", "number": "1", "cause": "Бет: себебі", "was.cause": ""}
    ),
    "/cases/{case}/risks/plan": Sent(files={"file": ("план.csv", PLAN.format(n=2).encode())}, case=True),
    "/cases/{case}/positions": form_in_case(title="Бет: басшы", on=DAY),
    "/cases/{case}/positions/talk": form_in_case(number="2", holder="Бет: Ахметов", on=DAY),
    "/cases/{case}/positions/clear": form_in_case(number="2", on=DAY),
    "/cases/{case}/cartogram": Sent(
        form={"on": DAY}, files={"table": ("картограмма.csv", CARTOGRAM.format(n=2).encode())}, case=True
    ),
    "/cases/{case}/remarks": form_in_case(text="Бет: ескертпе", on=DAY),
    "/cases/{case}/remarks/answer": form_in_case(number="2", taken="yes", answer="Бет", on=DAY),
    # ---------------------------------------------------------------------------- pages: rows of registers
    "/registers/{register_id}/new": Sent(
        form={"unit": OWN, **{f"field.{name}": text for name, text in TRAINING.items()}}, places=REGISTER
    ),
    "/registers/{register_id}/import": Sent(
        form={"unit": OWN, "take": "1"},
        files={"file": ("оқыту.csv", TRAININGS.encode())},
        places=REGISTER,
    ),
    "/registers/{register_id}/{row}": on_row(0, form={"was.topic": "", "field.topic": "Бет: тақырып"}),
    "/registers/{register_id}/{row}/withdraw": on_row(1, form=GROUND),
    "/registers/{register_id}/{row}/erase": Sent(
        form={"field": "employee", "sure": "1", **GROUND},
        row=True,
        places=lambda world: {"{register_id}": "consents", "{row}": world.rows[2]},
    ),
    # ------------------------------------------------------------------------------------- pages: campaigns
    "/campaigns/new/{kind}": Sent(
        form={"until": DAY, "unit": OWN, "start": "1"}, places={"{kind}": "consents.confirmation"}
    ),
    "/campaigns/{campaign}/remind": Sent(form={}, places=WHOLE, row=True),
    "/campaigns/{campaign}/paper/{person}": Sent(
        form={"field.post": "маман"},
        places=lambda world: {**WHOLE, "{person}": world.number_of("n.ibraev@example.kz")},
        row=True,
    ),
    "/campaigns/{campaign}/extend": Sent(form={"until": "2026-12-31"}, places=WHOLE, row=True),
    "/campaigns/{campaign}/close": Sent(form={}, places={"{campaign}": "2026-002"}, row=True),
    "/campaigns/{campaign}/reopen": Sent(
        form={"until": "2026-12-31", **GROUND}, places={"{campaign}": "2026-003"}, row=True
    ),
    # -------------------------------------------------------------------------------- pages: the desk, opening
    "/desk/record": Sent(
        form=lambda world: {"case": world.case, "fact": "discussion_announced", "on": DAY}, case=True
    ),
    "/cases/{case}/comments": form_in_case(text="Бет: пікір"),
    "/cases/{case}/comments/withdraw": Sent(
        form={"line": "9999", **GROUND}, case=True, changes=False, status=(422,)
    ),
    "/assignments": Sent(form={"person": "n.ibraev@example.kz", "text": "Бет", "until": "2026-05-04"}),
    "/cases/{case}/assignments": form_in_case(person="n.ibraev@example.kz", text="Бет", until="2026-05-04"),
    **{
        f"/cases/{{case}}/assignments/{action}": Sent(
            form={"number": "99", "on": DAY, "until": "2026-05-04", **GROUND},
            case=True,
            changes=False,
            status=(422,),
        )
        for action in ("answer", "refuse", "extend")
    },
    "/cases/{case}/ask": form_in_case(obligation="discussion_announced"),
    "/inbox/read": Sent(form={}, changes=False),
    "/desk/record-many": Sent(form={"row": "9999-0001:order_signed", "on": DAY}, changes=False, status=(200,)),
    "/desk/withdraw-many": Sent(
        form={"taken": "9999-0001:3:order_signed", **GROUND}, changes=False, status=(200,)
    ),
    "/desk/undo": Sent(
        form=lambda world: {"case": world.case, "line": "1"}, case=True, changes=False, status=(422,)
    ),
    "/desk/later": Sent(
        form=lambda world: {"case": world.case, "fact": "note_signed", "until": "2026-04-21"}, case=True
    ),
    "/desk/read": Sent(form=lambda world: {"case": world.case, "key": world.letter("desk")}, case=True),
    "/desk/leave": Sent(form={"first": "2026-08-03", "last": "2026-08-10"}),
    "/open/case": Sent(form={"procedure": "internal-analysis", "unit": OWN, "object": "Бет: объект"}),
    "/acts": Sent(form={"act": "decree-154", "unit": OWN}),
    "/open/year": Sent(form={"year": "2028", "unit": ""}),
    "/open/year/undo": Sent(form={"year": "2028", "unit": ""}, changes=False, status=(200, 303, 422)),
    "/open/schedule": Sent(files={"file": ("график.csv", SCHEDULE.format(n=3, unit=OWN).encode())}),
    "/open/schedule/{digest}": Sent(form={}, places=lambda world: {"{digest}": world.files["page schedule"]}),
    "/calendar/acts": Sent(form={"text": ACT.format(off=22, work=23, n=2), "name": "b.toml", "do": "apply"}),
    "/channels/resend": Sent(form={}, changes=False),
    # -------------------------------------------------------------------------------- pages: one's own account
    "/account/totp": Sent(form=lambda world: {"old": PASSWORD, "secret": SECRET, "code": world.code()}),
    "/account/recovery": Sent(form=lambda world: {"old": PASSWORD, "present": world.code(later=1)}),
    "/account/password": Sent(form={"old": PASSWORD, "password": PASSWORD, "again": PASSWORD}),
    "/account/sessions/end": Sent(form={}),
    "/account/digest": Sent(form={"digest": "weekly", "language": "kk"}),
    "/account/feed": Sent(form={}),
    "/account/telegram": Sent(form={}, changes=False, status=(422,)),
    "/logout": Sent(form={}),
    # ----------------------------------------------------------------------------------- pages: administration
    "/administration/unit": Sent(form={"id": "", "mark": "", "name": "Бет: жаңа бөлім", "parent": "Правление"}),
    "/administration/unit/feed": Sent(form={"id": OWN}),
    "/administration/person": Sent(
        form={"key": "", "mark": "", "name": "Бет: Жаңа Адам", "unit": OWN, "email": "page@example.kz"}
    ),
    "/administration/person/remove": Sent(
        form=lambda world: {"key": "gone@example.kz", "mark": world.mark_of_person("gone@example.kz")}
    ),
    "/administration/accounts": Sent(form={"login": "page.made", "access": "auditor"}),
    "/administration/accounts/invitations": Sent(form={"do": "invite", "person": "asked@example.kz"}),
    "/administration/account": Sent(
        form={"login": "spare", "do": "change", "access": "auditor", "name": "Бет"}
    ),
    "/administration/account/second-factor": Sent(
        form={"login": "guarded", "do": "request", "ground": "телефон жоғалды"}
    ),
    "/administration/people/import": Sent(
        form={"do": "take"}, files={"file": ("people.csv", PEOPLE.format(unit=OWN).encode())}
    ),
    "/administration/settings/organisation": Sent(form={"name_kk": "Орган"}),
    "/administration/settings/mail": Sent(form={}, changes=False),
    "/administration/channels": Sent(form={"channel": "folder", "email": "x@example.kz"}, changes=False),
    "/administration/channels/resend": Sent(form={}, changes=False),
    "/administration/operations": Sent(form=lambda world: {"letter": world.failed_letter("failed-there")}),
}


def prepare(office: RealOffice) -> World:
    """Readers, cases with everything in their registers, letters, files of each reader."""
    context, moment = office.app, office.moment[0]
    stamp = Stamp(by="officer", now=moment.now, today=moment.today)
    people = [Person(key="gone@example.kz", name="Кететін", unit=OWN)]
    people.append(Person(key="asked@example.kz", name="Шақырылған", unit=OWN, email="asked@example.kz"))
    office_store.save(context.engine, people=people)
    password = hash_password(PASSWORD)
    others = (
        *(Reader(login=login, access="officer") for login in ("spare", "guarded")),
        Reader(login="administrator2", access="administrator"),
    )
    for reader in (*READERS, *ELSEWHERE, UNNAMED, *others):
        context.accounts.save(reader, disabled=False, at=stamp)
        context.accounts.set_password(reader.login, password, at=stamp)
    context.factors.enrol("guarded", SECRET, 0, (), at=stamp)
    opened_cases = context.case_commands.open_many([_analysis() for _ in range(3)], at=stamp)
    secret = context.case_commands.open(
        Opening(
            procedure="enterprise-conflict-of-interest",
            unit=OWN,
            person="v.kim@example.kz",
            readers=("officer",),
        ),
        at=stamp,
    )
    spare = tuple(case.id for case in opened_cases[1:])
    world = World(office=office, case=opened_cases[0].id, secret=secret.id, spare=spare)
    _fill(world.case, office, stamp)
    world.rows = _rows(office)
    for closed in (False, False, True):
        _campaign(office, closed=closed)
    _letters(world)
    _files(world)
    return world


def _analysis() -> Opening:
    return Opening(
        procedure="internal-analysis",
        unit=OWN,
        object="Активтер",
        planned={"analysis_started": date(2026, 4, 13), "analysis_ended": date(2026, 5, 26)},
        facts={"start_announced": date(2026, 3, 30)},
    )


def _fill(case: str, office: RealOffice, stamp: dict[str, Any]) -> None:
    """A restricted document, risks, positions, remarks, an obligation it is freed of, somebody named."""
    case_commands, today = office.app.case_commands, stamp.today
    stored_file = office.app.evidence.keep(io.BytesIO(b"%PDF-1.7\nclosed"), "жабық.pdf")
    closed = Evidence(kind="", reference=stored_file.reference, name="жабық.pdf", restricted="14-бап")
    case_commands.write(
        case, stamp, recording.record, "start_announced", on=date(2026, 3, 30), evidence=[closed]
    )
    risks, registers = RiskCommands(case_commands), RegisterCommands(case_commands)
    for n in (1, 2):
        risks.find(case, FoundRisk(description=f"Тәуекел {n}"), on=today, at=stamp)
        risks.set_measure(case, SetMeasure(risk=n, action=f"Шара {n}"), at=stamp)
        registers.expose(case, ExposedPosition(title=f"Басшы {n}", holder="Ахметов"), on=today, at=stamp)
        registers.remark(case, text=f"Ескертпе {n}", author="", source="discussion", on=today, at=stamp)
    risks.ask(case, 1, body="Министрлік", asked="Өзгерту", term=MeasureTerm(), on=today, at=stamp)
    case_commands.write(case, stamp, standings.exempt, obligation="positions_consolidated", ground="-")
    case_commands.write(case, stamp, recording.name_reader, "r.tleubaev@example.kz")


def _rows(office: RealOffice) -> tuple[str, ...]:
    """Two trainings, and a consent of somebody whose name can be erased."""
    moment = office.moment[0]
    ctx = operator_context(office.app, at=Stamp(by="officer", now=moment.now, today=moment.today))
    consent = {"employee": "v.kim@example.kz", "post": "маман", "paper": "consent", "signed_on": DAY}
    added = (("trainings", TRAINING), ("trainings", TRAINING), ("consents", consent))
    return tuple(
        add_row(ctx, AddRow(register_id=register, unit=OWN, values=values)).row.id for register, values in added
    )


def _campaign(office: RealOffice, *, closed: bool) -> None:
    """A campaign among the people of OWN, and of the first reader."""
    moment = office.moment[0]
    ctx = operator_context(
        office.app, at=Stamp(by="officer", now=moment.now, today=moment.today), demonstration=True
    )
    fields = {
        "register_id": "consents",
        "kind": "confirmation",
        "until": "2026-04-30",
        "units": [OWN, "ТОО «Реновация»"],
    }
    started = start_campaign(ctx, StartCampaign.model_validate(fields))
    if closed:
        close_campaign(ctx, CloseCampaign(campaign=started.campaign))


def _letters(world: World) -> None:
    """Of each reader in reach one letter for each way to say that it was read, and one for each way to send it
    again; who was told of a case sees it.
    """
    states = {
        "page": "sent",
        "desk": "sent",
        **dict.fromkeys(("failed-page", "failed-there"), "failed"),
    }
    rows = [
        {
            "key": f"{world.case}:{letter_name}:{reader.login}",
            "case": world.case,
            "obligation": "order_signed",
            "due": date(2026, 4, 9),
            "step": "0",
            "person": reader.login,
            "channel": "folder",
            "address": "a",
            "language": "kk",
            "state": state,
            "attempts": 1,
            "queued_at": NOW,
            "not_before": NOW,
            "answer": "",
            "text_hash": "",
            "message_id": "",
        }
        for reader in (*READERS, UNNAMED)
        for letter_name, state in states.items()
    ]
    with world.office.app.engine.begin() as connection:
        connection.execute(insert(NOTICE), rows)


def _files(world: World) -> None:
    """Every reader has sent the same files, so that nobody is refused for want of one."""
    uploads = uploads_of(world.office.app)
    contents: dict[str, tuple[UploadKind, str, bytes]] = {
        "plan": ("file", "план.csv", PLAN.format(n=1).encode()),
        "cartogram": ("file", "картограмма.csv", CARTOGRAM.format(n=1).encode()),
        "schedule": ("file", "график.csv", SCHEDULE.format(n=1, unit=OWN).encode()),
        "page schedule": ("schedule", "график.csv", SCHEDULE.format(n=2, unit=OWN).encode()),
    }
    for file_name, (kind, name, content) in contents.items():
        for reader in (*READERS, *ELSEWHERE, UNNAMED):
            world.files[file_name] = uploads.keep(
                kind, content, name, "internal-analysis", by=reader.login, now=world.office.moment[0].now
            )
