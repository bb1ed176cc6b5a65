"""The caller's side of the control plane: what only a simulator's owner could do."""

import httpx

from sandbox.failures import CannotRunError
from sandbox.processes import LOOPBACK
from shared.model.base import Json


class Controls:
    def __init__(self, port: int) -> None:
        self._http = httpx.Client(
            base_url=f"http://{LOOPBACK}:{port}", timeout=120, trust_env=False
        )

    def control(self, simulator: str, method: str, /, **kwargs: Json) -> Json:
        """Call a control method of a simulator, or of the `courier`; ValueError if it refuses."""
        try:
            answer = self._http.post(f"/_control/{simulator}/{method}", json=kwargs)
        except httpx.TransportError as error:
            raise CannotRunError(
                f"the simulators do not answer: {type(error).__name__}", "see `shelfwire status`"
            ) from error
        said = answer.json() if answer.content else {}
        if not answer.is_success:
            raise ValueError(f"{simulator}.{method}: {said.get('error', answer.status_code)}")
        result: Json = said["result"]
        return result

    def ready(self) -> bool:
        try:
            return self._http.get("/_control").is_success
        except httpx.TransportError:
            return False
