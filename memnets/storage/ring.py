"""Slots in the order of their last access, in constant time per access and without a scan."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..types import Address
from .contents import first_named
from .versions import Log, Version

BEFORE, AFTER, TIME = 0, 1, 2


@dataclass(frozen=True, eq=False)
class LeastRecentlyUsed:
    """The slots of each batch row in a ring, least recently accessed first; ties by lowest index.

    The choice is that of `sparse.last_access` with `sparse.least_used`, which scan every slot; here
    K accesses cost O(K log K). A value: it can be kept and gone on from, and rolled back.

    A node per slot says which slots come before and after it and when it was accessed. Two more
    nodes follow: the end, between the last slot and the first, and one outside the ring that stands
    for no slot.
    """

    slots: int
    log: Log
    version: Version
    offsets_B1: Tensor
    time: int = 0

    @classmethod
    def of(
        cls, batch_size: int, slots: int, device: torch.device | None = None
    ) -> LeastRecentlyUsed:
        """No slot accessed."""
        with torch.inference_mode(False):
            place = torch.arange(slots + 1, dtype=torch.int32, device=device)
            nodes = torch.zeros(slots + 2, 3, dtype=torch.int32, device=device)
            nodes[:-1, BEFORE], nodes[:-1, AFTER] = place.roll(1), place.roll(-1)
            nodes[-1, BEFORE] = nodes[-1, AFTER] = slots + 1
            log = Log(nodes.expand(batch_size, -1, -1).flatten())
            offsets_B = torch.arange(batch_size, device=device) * nodes.numel()
        return cls(slots, log, log.root, offsets_B.unsqueeze(1))

    def start(self) -> LeastRecentlyUsed:
        """No slot accessed, for another sequence."""
        return replace(self, version=self.log.root, time=0)

    def first(self, count: int) -> Tensor:
        """The so many least recently accessed slots, (B, count), least recently first."""
        found = [torch.full_like(self.offsets_B1, self.slots)]
        for _ in range(count):
            found.append(self._get(found[-1], AFTER))
        return torch.cat(found[1:], 1)

    def dense(self) -> Tensor:
        """All slots in order, (B, N); follows the ring through."""
        return self.first(self.slots)

    def access(self, address: Address, threshold: float) -> LeastRecentlyUsed:
        """After an access, of the slots whose weights sum over heads to more than the threshold."""
        accessed_BK = self._accessed(address, threshold)
        return replace(self, time=self.time + 1)._without(accessed_BK)._with(accessed_BK)

    def _accessed(self, address: Address, threshold: float) -> Tensor:
        """The accessed slots in rising order, then as many as are missing to K of none."""
        weights_BHK, slots_BHK = address.weights_BHK.detach(), address.slots_BHK
        none = self.slots + 1
        if slots_BHK is None:
            sums_BK = weights_BHK.sum(1)
            slots_BK = torch.arange(self.slots, device=sums_BK.device).expand_as(sums_BK)
            first = sums_BK > threshold
        else:
            slots_BK = slots_BHK.flatten(1)
            where_BK = first_named(slots_BK)
            K = slots_BK.shape[1]
            among = address._replace(weights_BHK=weights_BHK, slots_BHK=where_BK.view_as(slots_BHK))
            sums_BK = among.dense(K).sum(1)
            first = (sums_BK > threshold) & (where_BK == torch.arange(K, device=sums_BK.device))
        return torch.where(first, slots_BK, none).sort(-1).values

    def _without(self, slots_BK: Tensor) -> LeastRecentlyUsed:
        """The ring without some slots: what is around each run of them is joined."""
        before, after, time = (self._get(slots_BK, part) for part in (BEFORE, AFTER, TIME))
        # the order in the ring, in which runs lie side by side; none comes last
        none = slots_BK > self.slots
        order_BK = torch.where(none, torch.iinfo(torch.long).max, time * self.slots + slots_BK)
        order_BK = order_BK.argsort(-1)
        slots_BK, before, after = (x.gather(1, order_BK) for x in (slots_BK, before, after))
        place = torch.arange(slots_BK.shape[1], device=slots_BK.device).expand_as(slots_BK)
        joined = before[:, 1:] == slots_BK[:, :-1]
        starts, ends = place.clone(), place.clone()
        starts[:, 1:] = place[:, 1:].where(~joined, 0)
        ends[:, :-1] = place[:, :-1].where(~joined, place.shape[1] - 1)
        before = before.gather(1, starts.cummax(-1).values)
        after = after.gather(1, ends.flip(-1).cummin(-1).values.flip(-1))
        return self._set((before, AFTER, after), (after, BEFORE, before))

    def _with(self, slots_BK: Tensor) -> LeastRecentlyUsed:
        """The ring with some slots, which it is without, put last in the order given."""
        end_B1 = torch.full_like(self.offsets_B1, self.slots)
        last_B1 = self._get(end_B1, BEFORE)
        none_BK = slots_BK > self.slots
        before = torch.cat([last_B1, slots_BK[:, :-1]], 1)
        after = torch.cat([slots_BK[:, 1:], end_B1 + 1], 1).clamp_max(self.slots)
        count_B1 = (~none_BK).sum(-1, keepdim=True)
        new_last_B1 = torch.cat([last_B1, slots_BK], 1).gather(1, count_B1)
        new_first_B1 = slots_BK[:, :1].clamp_max(self.slots)
        time = torch.full_like(slots_BK, self.time)
        return self._set(
            (slots_BK, BEFORE, before.where(~none_BK, self.slots + 1)),
            (slots_BK, AFTER, after.where(~none_BK, self.slots + 1)),
            (slots_BK, TIME, time),
            (last_B1, AFTER, new_first_B1),
            (end_B1, BEFORE, new_last_B1),
        )

    def _get(self, slots_BK: Tensor, part: int) -> Tensor:
        at = (slots_BK * 3 + part + self.offsets_B1).flatten()
        return self.log.read(self.version, at)[0].long().view(slots_BK.shape)

    def _set(self, *parts: tuple[Tensor, int, Tensor]) -> LeastRecentlyUsed:
        at = torch.cat([slots * 3 + part for slots, part, _ in parts], 1) + self.offsets_B1
        values = torch.cat([values for _, _, values in parts], 1)
        return replace(
            self, version=self.log.write(self.version, at.flatten(), [values.flatten().int()])
        )
