"""The fake ERP's returns: those it was asked for, and those its own staff made."""

from dataclasses import dataclass, field

from shared.domain.returns import PostedReturn, ReturnWish
from shared.model.returns import ErpReturn


@dataclass
class ErpReturnsFake:
    """`errors` are raised after the return was stored, if `keeps`."""

    errors: list[Exception] = field(default_factory=list)
    keeps: bool = True
    asked: list[str] = field(default_factory=list)
    returns: list[tuple[str, ReturnWish]] = field(default_factory=list)
    made: list[ErpReturn] = field(default_factory=list)

    def find_return(self, wish: ReturnWish) -> list[PostedReturn]:
        self.asked.append(wish.reference)
        return [PostedReturn(n) for n, known in self.returns if known.reference == wish.reference]

    def post_return(self, wish: ReturnWish) -> PostedReturn:
        error = self.errors.pop(0) if self.errors else None
        if error is None or self.keeps:
            self.returns.append((str(6501 + len(self.returns)), wish))
        if error is not None:
            raise error
        return PostedReturn(self.returns[-1][0])

    def returns_of(self, erp_order: str) -> list[ErpReturn]:
        return [one for one in self.made if one.erp_order == erp_order]
