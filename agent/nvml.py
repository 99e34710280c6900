"""
Reads NVIDIA GPUs through NVML, where every field may be missing.

A field that a card, driver or account does not give is remembered with its reason and
not asked again until NVML is opened anew. A lost card or a stopped driver is told apart
by its error, and raised for the sampler to deal with.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import pynvml as nvml

from agent import nvml_fields as table
from agent.nvml_fields import Call, FieldValue
from agent.records import Device

DRIVER_GONE = {
    nvml.NVML_ERROR_UNINITIALIZED,
    nvml.NVML_ERROR_DRIVER_NOT_LOADED,
    nvml.NVML_ERROR_LIBRARY_NOT_FOUND,
    nvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH,
}
CARD_GONE = {
    nvml.NVML_ERROR_GPU_IS_LOST,
    nvml.NVML_ERROR_RESET_REQUIRED,
    nvml.NVML_ERROR_GPU_NOT_FOUND,
}
FIELD_GONE = {
    nvml.NVML_ERROR_NOT_SUPPORTED,
    nvml.NVML_ERROR_FUNCTION_NOT_FOUND,
    nvml.NVML_ERROR_NO_PERMISSION,
    nvml.NVML_ERROR_INVALID_ARGUMENT,
    nvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH,
    nvml.NVML_ERROR_DEPRECATED,
}
REASONS = {
    nvml.NVML_ERROR_NOT_SUPPORTED: "this card does not have it",
    nvml.NVML_ERROR_FUNCTION_NOT_FOUND: "this driver does not have it",
    nvml.NVML_ERROR_NO_PERMISSION: "no permission",
    nvml.NVML_ERROR_UNINITIALIZED: "the driver was restarted",
    nvml.NVML_ERROR_DRIVER_NOT_LOADED: "the NVIDIA driver is not loaded",
    nvml.NVML_ERROR_LIBRARY_NOT_FOUND: "libnvidia-ml.so.1 was not found",
    nvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: "NVML and the loaded driver differ",
    nvml.NVML_ERROR_GPU_IS_LOST: "the GPU has fallen off the bus",
    nvml.NVML_ERROR_RESET_REQUIRED: "the GPU needs a reset",
    nvml.NVML_ERROR_GPU_NOT_FOUND: "the GPU is there no more",
    nvml.NVML_ERROR_TIMEOUT: "the driver did not answer in time",
}


class DriverGone(Exception):  # noqa: N818 - a state of affairs
    """NVML as a whole does not answer."""


class CardGone(Exception):  # noqa: N818 - a state of affairs
    """One GPU does not answer any more."""


def reason(error: nvml.NVMLError) -> str:
    """An NVML error in our words."""
    code = getattr(error, "value", None)
    return REASONS.get(code or 0, f"NVML error {code}")


def text(value: str | bytes) -> str:
    """NVML's strings, which older bindings give as bytes."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value


class Nvml:
    """The library: opened, closed, and asked which GPUs there are."""

    def __init__(self) -> None:
        self.driver_version = ""
        self.absent: dict[int, str] = {}

    def open(self) -> list[Gpu]:
        """
        Initialise NVML and list its GPUs; those that do not answer are in `absent`.

        Raises:
            DriverGone: If there is no driver or library to ask.
        """
        self.absent = {}
        try:
            nvml.nvmlInit()
            with suppress(nvml.NVMLError):
                self.driver_version = text(nvml.nvmlSystemGetDriverVersion())
            count = nvml.nvmlDeviceGetCount()
        except nvml.NVMLError as error:
            raise DriverGone(reason(error)) from None
        return [gpu for i in range(count) if (gpu := self._gpu(i))]

    def _gpu(self, index: int) -> Gpu | None:
        try:
            return Gpu(
                nvml.nvmlDeviceGetHandleByIndex(index), index, self.driver_version
            )
        except nvml.NVMLError as error:
            self.absent[index] = reason(error)
        except CardGone as error:
            self.absent[index] = str(error)
        return None

    def close(self) -> None:
        """Give NVML back, if it is there to be given back to."""
        with suppress(nvml.NVMLError):
            nvml.nvmlShutdown()


class Gpu:
    """One GPU and which of its fields can be read."""

    def __init__(self, handle: Any, index: int, driver_version: str) -> None:
        self.handle = handle
        self.index = index
        self.missing: dict[str, str] = {}
        self.failures: dict[str, int] = {}
        self.key = text(nvml.nvmlDeviceGetUUID(handle))
        self.model = self._name()
        self.facts: dict[str, float | str] = {"driver": driver_version}
        for call in table.FACTS:
            self._call(call, self.facts)

    def _name(self) -> str:
        try:
            return text(nvml.nvmlDeviceGetName(self.handle))
        except nvml.NVMLError:
            return ""

    @property
    def device(self) -> Device:
        """What is sent about it."""
        return Device(
            key=self.key,
            kind="gpu",
            model=self.model,
            index=self.index,
            facts=self.facts,
        )

    def mig_devices(self) -> list[Device]:
        """Its MIG instances; their power is the GPU's and is never counted twice."""
        try:
            if not nvml.nvmlDeviceGetMigMode(self.handle)[0]:
                return []
            slots = range(nvml.nvmlDeviceGetMaxMigDeviceCount(self.handle))
        except nvml.NVMLError:
            return []
        keys = [key for slot in slots if (key := self._mig_key(slot))]
        return [
            Device(key=key, kind="mig", model=self.model, index=i, parent=self.key)
            for i, key in enumerate(keys)
        ]

    def _mig_key(self, slot: int) -> str | None:
        try:
            mig = nvml.nvmlDeviceGetMigDeviceHandleByIndex(self.handle, slot)
            return text(nvml.nvmlDeviceGetUUID(mig))
        except nvml.NVMLError:
            return None  # an empty slot

    def read(self, *, detail: bool, slow: bool) -> dict[str, float]:
        """
        Values of now, by field.

        Args:
            detail: Clocks, temperatures, utilisation and throttle reasons too.
            slow: Limit, fan and power smoothing too.

        Raises:
            CardGone: If this GPU does not answer any more.
            DriverGone: If none does.
        """
        values: dict[str, Any] = {}
        asked: tuple[FieldValue, ...] = table.FAST_VALUES
        if detail:
            asked += table.DETAIL_VALUES
        if slow:
            asked += table.SLOW_VALUES
        self._field_values(asked, values)
        self._fill_power_and_energy(values)
        if detail:
            self._calls(table.DETAIL_CALLS, values)
        if slow:
            self._calls(table.SLOW_CALLS, values)
            _smoothing(values, self.facts)
        return values

    def _field_values(
        self, fields: Iterable[FieldValue], values: dict[str, Any]
    ) -> None:
        asked = [f for f in fields if f.name not in self.missing]
        if not asked:
            return
        try:
            answers = nvml.nvmlDeviceGetFieldValues(
                self.handle, [(f.id, table.GPU_SCOPE) for f in asked]
            )
        except nvml.NVMLError as error:
            for field in asked:
                self._failed(error, (field.name,))
            return
        for field, answer in zip(asked, answers, strict=True):
            if answer.nvmlReturn != nvml.NVML_SUCCESS:
                self._failed(nvml.NVMLError(answer.nvmlReturn), (field.name,))
            elif (number := table.number(answer)) is not None:
                values[field.name] = field.factor * number

    def _fill_power_and_energy(self, values: dict[str, Any]) -> None:
        """Older drivers have functions where newer ones have fields."""
        if "power_w" in self.missing and "power_average_w" in self.missing:
            self._call(self._power_usage(), values)
        if "energy_j" in self.missing:
            self._call(table.ENERGY, values)

    def _power_usage(self) -> Call:
        old = float(self.facts.get("architecture", table.AMPERE)) < table.AMPERE
        return table.POWER_USAGE_INSTANT if old else table.POWER_USAGE

    def _calls(self, calls: Iterable[Call], values: dict[str, Any]) -> None:
        for call in calls:
            if call.names[0] not in self.missing:
                self._call(call, values)

    def _call(self, call: Call, values: dict[str, Any]) -> None:
        try:
            answer = call.read(self.handle)
        except nvml.NVMLError as error:
            self._failed(error, call.names)
            return
        values.update(zip(call.names, answer, strict=True))

    def _failed(self, error: nvml.NVMLError, names: tuple[str, ...]) -> None:
        code = getattr(error, "value", None)
        if code in DRIVER_GONE:
            raise DriverGone(reason(error))
        if code in CARD_GONE:
            raise CardGone(reason(error))
        for name in names:
            self.failures[name] = self.failures.get(name, 0) + 1
            if code in FIELD_GONE:
                self.missing[name] = reason(error)

    def samples(self, after_us: int) -> list[tuple[int, float]]:
        """
        The driver's own power samples since a stamp.

        Args:
            after_us: Wall time of the last one known. [µs]

        Returns:
            (wall time [µs], power [W]) in order; empty where there are none.
        """
        if "samples" in self.missing:
            return []
        try:
            kind, answers = nvml.nvmlDeviceGetSamples(
                self.handle, nvml.NVML_TOTAL_POWER_SAMPLES, after_us
            )
        except nvml.NVMLError as error:
            if getattr(error, "value", None) != nvml.NVML_ERROR_NOT_FOUND:
                self._failed(error, ("samples",))
            return []
        if kind != nvml.NVML_VALUE_TYPE_UNSIGNED_INT:
            self.missing["samples"] = f"samples of NVML's value type {kind}"
            return []
        found = [(a.timeStamp, a.sampleValue.uiVal * 1e-3) for a in answers]
        return sorted((t, watts) for t, watts in found if t > after_us and watts < 1e6)


def _smoothing(values: dict[str, Any], facts: dict[str, float | str]) -> None:
    """
    Turn NVML's answers on power smoothing into our two fields.

    The applied floor's unit is not written in the bindings: in NVIDIA's out-of-band
    protocol it is mW. No floor exceeds the card's largest limit, so the size tells.
    """
    on = values.get("smoothing_state")
    applied = values.pop("applied_floor", None)
    if on is not None:
        values["smoothing_state"] = 1 + 2 * float(on != 0)
    if applied is not None and "smoothing_floor_w" not in values:
        most_w = float(facts.get("max_limit_w", 10_000.0))
        values["smoothing_floor_w"] = applied / 1e3 if applied > most_w else applied
