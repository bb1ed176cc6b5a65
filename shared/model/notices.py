"""What customers are mailed about their orders: which kinds, in which words, and whether so far."""

from enum import StrEnum
from string import Formatter
from typing import Annotated, Final

from pydantic import Field, StringConstraints, field_validator, model_validator

from shared.model.base import Canonical, Instant
from shared.model.ids import Name

Address = Annotated[str, StringConstraints(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$", max_length=254)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class NoticeKind(StrEnum):
    RECEIVED = "received"
    DELAYED = "delayed"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


PLACEHOLDERS: Final = {
    NoticeKind.RECEIVED: frozenset({"order", "amount"}),
    NoticeKind.DELAYED: frozenset({"order", "day"}),
    NoticeKind.SHIPPED: frozenset({"order", "tracking"}),
    NoticeKind.CANCELLED: frozenset({"order"}),
    NoticeKind.REFUNDED: frozenset({"order", "amount"}),
}
"""What the texts of a kind may name."""


class NoticeText(Canonical):
    """With `{order}`, the channel's number, and what `PLACEHOLDERS` has for its kind."""

    subject: str = Field(min_length=1, max_length=200, pattern=r"^[^\r\n]+$")
    body: str = Field(min_length=1, max_length=10_000)


PLAIN: Final = {
    NoticeKind.RECEIVED: NoticeText.model_construct(
        subject="We have your order {order}",
        body="Thank you. We have your order {order} of {amount}.\n",
    ),
    NoticeKind.DELAYED: NoticeText.model_construct(
        subject="Your order {order} takes longer",
        body="A part of your order {order} is not there yet. We expect to send it on {day}.\n",
    ),
    NoticeKind.SHIPPED: NoticeText.model_construct(
        subject="Your order {order} is on its way",
        body="A parcel of your order {order} has left us.\n\nTracking: {tracking}\n",
    ),
    NoticeKind.CANCELLED: NoticeText.model_construct(
        subject="Your order {order} is cancelled",
        body="Your order {order} is cancelled. Nothing of it will be sent.\n",
    ),
    NoticeKind.REFUNDED: NoticeText.model_construct(
        subject="A refund for your order {order}",
        body="We have refunded {amount} for your order {order}.\n",
    ),
}


class NoticeRules(Canonical):
    """Nothing is mailed of a channel, or a kind, that is not in `channels`."""

    sender: Address = Field(description="the address customers see; SES must have verified it")
    identity: str = Field(
        default="",
        max_length=254,
        description="what SES has verified; the sender's domain if none",
    )
    configuration_set: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$", description="of SES, if one is used"
    )
    since: Instant = Field(description="orders captured before this are never mailed about")
    max_age_hours: int = Field(
        default=48, ge=1, le=720, description="what is older than this is no news any more"
    )
    channels: dict[Name, tuple[NoticeKind, ...]] = Field(
        description="kinds that are mailed, by channel"
    )
    untracked: bool = Field(
        default=False, description="whether parcels without a tracking number are told of too"
    )
    opted_out: tuple[Digest, ...] = Field(
        default=(), description="SHA-256 of addresses, in small letters, that are never mailed"
    )
    texts: dict[NoticeKind, NoticeText] = Field(default={}, description="instead of plain ones")

    @property
    def verified(self) -> str:
        """The identity of SES that permission to send is needed of."""
        return self.identity or self.sender.rpartition("@")[2]

    def text(self, kind: NoticeKind) -> NoticeText:
        return self.texts.get(kind, PLAIN[kind])

    @model_validator(mode="after")
    def _identity_of_the_sender(self) -> "NoticeRules":
        if self.verified not in {self.sender, self.sender.rpartition("@")[2]}:
            raise ValueError(
                f"identity {self.identity!r} is neither the sender {self.sender!r} nor its domain"
            )
        return self

    @field_validator("texts")
    @classmethod
    def _names_what_there_is(
        cls, texts: dict[NoticeKind, NoticeText]
    ) -> dict[NoticeKind, NoticeText]:
        for kind, said in texts.items():
            for part, text in (("subject", said.subject), ("body", said.body)):
                _checked(f"{kind}.{part}", text, PLACEHOLDERS[kind])
        return texts


def _checked(where: str, text: str, known: frozenset[str]) -> None:
    """Every brace is one of the placeholders, plain: no attribute, index, conversion or format."""
    choice = ", ".join(f"{{{name}}}" for name in sorted(known))
    try:
        fields = list(Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"{where}: {error}; write {{{{ for a brace of your own") from error
    for _, name, form, conversion in fields:
        if name is not None and (name not in known or form or conversion):
            raise ValueError(f"{where}: no placeholder {{{name}}}; there are {choice}")


class NoticeState(StrEnum):
    WAITING = "waiting"  # surely not mailed yet: SES was too busy, or we were
    SENDING = "sending"  # written before SES is called: it may be mailed
    SENT = "sent"
    UNSENT = "unsent"  # SES has refused it, or it was never answered; a person decides


class NoticeRow(Canonical):
    """How far a notice is. `mark` names it within its order; no address stands here.

    `attempts` counts calls of SES: a replay names the one it is to follow.
    """

    order_id: str
    mark: str
    state: NoticeState
    since: Instant
    attempts: int = Field(default=0, ge=0)
    told: bool = False

    @property
    def name(self) -> str:
        return f"{self.order_id}/{self.mark}"
