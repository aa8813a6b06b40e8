"""Emulator of the Telegram Bot API on this machine, and the users who chat with the bot."""

from __future__ import annotations

import base64
import json
import time
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LAUNCHER = Path(__file__).parent / "emulator" / "launcher.cjs"
TOKEN = "123456:telegram-of-the-tests"
AIGUL, BOLAT, DANA, STRANGER = 7001, 7002, 7003, 7999


@dataclass(frozen=True)
class Call:
    """One call of the bot, as it arrived."""

    at: float
    method: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class Message:
    """A message as a person sees it now."""

    id: int
    text: str
    buttons: dict[str, str]


class Emulator:
    """The server, seen from its outside."""

    def __init__(self, port: int) -> None:
        self.server = f"http://127.0.0.1:{port}"
        self._pressed = 0

    def ask(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.server + path, data=data, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def reset(self) -> None:
        self.ask("/test/reset", {})

    def fault(self, method: str = "sendMessage", *, count: int = 1, **fault_fields: object) -> None:
        self.ask("/test/fault", {"method": method, "count": count, **fault_fields})

    def refuse(self, code: int, description: str, *, count: int = 1, **parameters: object) -> None:
        body = {"ok": False, "error_code": code, "description": description}
        if parameters:
            body["parameters"] = parameters
        self.fault(count=count, status=code, body=body)

    def calls(self, method: str = "sendMessage") -> list[Call]:
        log = self.ask("/test/log")
        return [
            Call(entry["at"] / 1000, entry["method"], entry["fields"])
            for entry in log
            if entry["method"] == method
        ]

    def seen(self, user: int) -> list[Message]:
        """Messages of the bot to a person in their current state, oldest first."""
        history = self.ask("/getUpdatesHistory", {"token": TOKEN})["result"]
        return [
            Message(
                entry["messageId"], entry["message"]["text"], _buttons(entry["message"].get("reply_markup"))
            )
            for entry in history
            if str(entry.get("message", {}).get("chat_id")) == str(user)
        ]

    def says(self, user: int, text: str, *, language: str = "kk", **options: object) -> None:
        """A person writes to the bot."""
        message = {"botToken": TOKEN, "text": text, **_who(user, language), **options}
        if text.startswith("/"):
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
        self.ask("/sendMessage", message)

    def sends_file(self, user: int, name: str, content: bytes) -> None:
        """A person sends a document."""
        file_fields = {
            "id": f"file-{len(content)}",
            "name": name,
            "content": base64.b64encode(content).decode(),
        }
        self.ask("/test/file", file_fields)
        document = {"file_id": file_fields["id"], "file_unique_id": file_fields["id"], "file_name": name}
        document["file_size"] = len(content)
        message = {"botToken": TOKEN, **_who(user, "kk"), "document": document}
        self.ask("/sendMessage", message)

    def presses(self, user: int, message: Message, button: str) -> None:
        """A person presses the button with that text."""
        self.sends_callback(user, message.buttons[button], message.id, message.text)

    def sends_callback(self, user: int, data: str, message: int = 1, text: str = "…") -> None:
        """A callback as anybody can make one up."""
        me = {"id": 123456, "is_bot": True, "first_name": "Merzim"}
        message_fields = {"message_id": message, "date": int(time.monotonic()), "text": text, "from": me}
        message_fields |= {"chat": {"id": user, "type": "private", "first_name": "Test"}}
        self.ask(
            "/sendCallback",
            {"botToken": TOKEN, "from": _who(user, "kk")["from"], "message": message_fields, "data": data},
        )


def _who(user: int, language: str) -> dict[str, Any]:
    return {
        "from": {"id": user, "is_bot": False, "first_name": "Test", "language_code": language},
        "chat": {"id": user, "type": "private", "first_name": "Test"},
        "date": int(datetime(2026, 3, 18, 7, tzinfo=UTC).timestamp()),
    }


def _buttons(markup: Any) -> dict[str, str]:
    rows = (markup or {}).get("inline_keyboard", [])
    return {button["text"]: button["callback_data"] for row in rows for button in row}
