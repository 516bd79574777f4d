"""What viewers are told of a channel's show: its programme, scene, products and pins; and how that changes while it is on air."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from vrlive.api.models import GarmentState
from vrlive.api.show_models import (
    Look,
    Pin,
    ProductChange,
    ShowGarment,
    ShowOccluder,
    ShowProduct,
    ShowScene,
    ShowSize,
    ShowState,
    ShowVariant,
)
from vrlive.captions import Captions
from vrlive.channels import channel_scene
from vrlive.config import ChannelConfig
from vrlive.errors import StateError, UserError, did_you_mean
from vrlive.exhibits import Exhibits, File, Mask, read_exhibits
from vrlive.projection.equirect import angles
from vrlive.records import Changed, Kept, Records
from vrlive.show.catalogue import Product, ProductVariant
from vrlive.show.money import Money
from vrlive.show.scene import Garment, GarmentTuning, Occluder, Scene, model_matrix, tuned

log = logging.getLogger("vrlive.showcase")

EVENT, LOOK = "show", "look"  # types on the data channel

_SUFFIXES: Final = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


@dataclass(frozen=True)
class _Told:
    """What is answered at a revision."""

    state: ShowState
    etag: str


class Showcase:
    """The show of one channel. All but `open` and `change` is quick; what is kept is written on a thread.

    Parameters
    ----------
    config
        The channel.
    records
        Where its state outlives the server. None: nowhere.
    publish
        Sends viewers an event: something has changed.
    """

    def __init__(
        self, config: ChannelConfig, records: Records | None = None, publish: Callable[[dict[str, Any]], None] = lambda _: None
    ) -> None:
        self._config, self._records, self._publish = config, records, publish
        self.captions = Captions(publish)
        self._exhibits = Exhibits()
        self._kept = Kept()
        self._variants: dict[str, str] = {}  # that the engine says garments wear
        self._tunings: dict[str, GarmentTuning] = {}  # how garments are wanted otherwise than in the scene
        self._told: _Told | None = None
        self._turn = asyncio.Lock()
        self._notes: set[asyncio.Task[None]] = set()

    @property
    def revision(self) -> int:
        """Grows with every change, also when the server starts again."""
        return self._kept.revision

    @property
    def etag(self) -> str:
        """Of `state`, as HTTP has it."""
        return self._answer().etag

    async def open(self) -> None:
        """Read what it shows, and what was changed when it was last on air."""
        async with self._turn:
            if self._records is not None:
                self._kept = await asyncio.to_thread(self._records.read, self._config.name)
            self._exhibits = await self._read()
            await self._note("begin")

    async def close(self) -> None:
        """Finish what is being written down."""
        await asyncio.gather(*self._notes, return_exceptions=True)

    async def change(self, config: ChannelConfig) -> bool:
        """Become what the files say now; whether that is anything else for viewers."""
        async with self._turn:
            before = self._make()
            self._config = config
            self._exhibits = await self._read()
            changed = self._make() != before
            if changed:
                await self._note("files")
            return changed

    @property
    def garments(self) -> tuple[Garment, ...]:
        """Those of the scene, as it has them."""
        return self._exhibits.scene.garment if self._exhibits.scene else ()

    def variants(self, garment: str) -> tuple[str, ...]:
        """Of a garment's model."""
        return self._exhibits.models[garment].variants

    def tune(self, tunings: Mapping[str, GarmentTuning]) -> None:
        """Take how garments are wanted on air, otherwise than the scene has them."""
        self._tunings = dict(tunings)
        self._variants.update({name: tuning.variant for name, tuning in tunings.items() if tuning.variant is not None})
        self._notes.add(task := asyncio.get_running_loop().create_task(self._note_variants({})))
        task.add_done_callback(self._notes.discard)

    def hear(self, garments: Sequence[GarmentState]) -> None:
        """Take what the engine says garments wear."""
        worn = {each.name: each.variant for each in garments if each.name in self._exhibits.models}
        if all(self._variants.get(name, self._first(name)) == variant for name, variant in worn.items()):
            return
        self._variants.update(worn)
        self._notes.add(task := asyncio.get_running_loop().create_task(self._note_variants(worn)))
        task.add_done_callback(self._notes.discard)

    def state(self) -> ShowState:
        """The show as it is now; links as the catalogue has them."""
        return self._answer().state

    def product(self, product: str) -> ShowProduct | None:
        """One of its products; None: there is none of that id."""
        return next((each for each in self.state().products if each.id == product), None)

    async def pin(self, product: str) -> None:
        """Show a product to all viewers, before those that are pinned already.

        Raises
        ------
        StateError
            If that cannot be kept.
        """
        async with self._turn:
            pins = self._kept.pins
            if next(reversed(pins), None) == product:
                return

            def apply(now_s: float) -> None:
                pins.pop(product, None)
                pins[product] = now_s

            await self._commit(lambda records, now_s: records.pin(self._config.name, product, now_s), apply)

    async def unpin(self, product: str) -> None:
        """End that; StateError as for `pin`."""
        async with self._turn:
            pins = self._kept.pins
            if product in pins:
                await self._commit(lambda records, now_s: records.unpin(self._config.name, product, now_s), lambda _: pins.pop(product))

    def look(self, wanted: Look | None) -> None:
        """Tell viewers where the host looks; None: nowhere any more. It is of the moment, and not kept."""
        self._publish({"type": LOOK, **(wanted.model_dump() if wanted else dict.fromkeys(Look.model_fields))})

    async def adjust(self, product: str, change: ProductChange) -> None:
        """Change a product's price and stock.

        Raises
        ------
        UserError
            If there is no such product or size, or the price is in another currency.
        StateError
            If that cannot be kept.
        """
        async with self._turn:
            prices, stock = self._changes(product, change)

            def apply(_: float) -> None:
                for known, changes in ((self._kept.prices, prices), (self._kept.stock, stock)):
                    known.update({name: each for name, each in changes.items() if each is not None})
                    for name in [name for name, each in changes.items() if each is None]:
                        known.pop(name, None)

            await self._commit(lambda records, now_s: records.change(self._config.name, product, now_s, prices=prices, stock=stock), apply)

    def model(self, garment: str) -> File | None:
        """The file of a garment's model; None: there is none."""
        found = self._exhibits.models.get(garment)
        return found.file if found else None

    def delivers(self, garment: str) -> bool:
        """Whether viewers may have it."""
        scene = self._exhibits.scene
        return scene is not None and any(each.name == garment and each.deliver == "model" for each in scene.garment)

    def shows(self, model: Path) -> bool:
        """Whether one of its garments is the model of that path."""
        return any(each.file.path == model for each in self._exhibits.models.values())

    def image(self, name: str) -> File | None:
        """A picture of the catalogue, by the last part of its address."""
        return next((each for each in self._exhibits.images.values() if _image_name(each) == name), None)

    def mask(self, name: str) -> Mask | None:
        """Where something hides garments, by the last part of its address."""
        return next((each for each in self._exhibits.masks.values() if _mask_name(each) == name), None)

    async def _read(self) -> Exhibits:
        """What the files hold; as it was, if one of them has a fault that it had not when the channel was read."""
        try:
            return await asyncio.to_thread(lambda: read_exhibits(channel_scene(self._config)))
        except (UserError, OSError) as fault:
            log.warning("%s: products and scene are shown as they were: %s", self._config.name, fault)
            return self._exhibits

    async def _commit(self, write: Callable[[Records, float], int], apply: Callable[[float], object] = lambda _: None) -> None:
        """Keep a change, make it, and tell viewers: all of it, or nothing."""
        now_s = time.time()
        revision = self.revision + 1 if self._records is None else await asyncio.to_thread(write, self._records, now_s)
        apply(now_s)
        self._move(revision)

    def _move(self, revision: int) -> None:
        self._kept.revision = revision
        self._told = None
        self._publish({"type": EVENT, "revision": revision})

    async def _note(self, kind: str, detail: dict[str, str] | None = None) -> None:
        """Keep that something has changed which is so already, whether it can be kept or not."""
        try:
            await self._commit(lambda records, now_s: records.note(self._config.name, now_s, kind, detail))
        except StateError as fault:
            log.warning("%s: %s", self._config.name, fault)
            self._move(self.revision + 1)

    async def _note_variants(self, worn: dict[str, str]) -> None:
        async with self._turn:
            await self._note("variants", worn)

    def _changes(self, product: str, change: ProductChange) -> tuple[dict[str, Changed | None], dict[str, Changed | None]]:
        """Of prices by product, and of stock by SKU."""
        catalogue = self._exhibits.catalogue
        found = catalogue.find(product)
        if found is None:
            raise UserError(f"there is no product “{product}”")
        prices: dict[str, Changed | None] = {}
        if "price" in change.model_fields_set:
            currency = catalogue.price(found).currency
            if change.price is not None and change.price.currency != currency:
                raise UserError(f"price.currency: {product} is sold in {currency}, not in {change.price.currency}")
            prices[product] = Changed(change.price.amount, found.price) if change.price else None
        listed = {size.sku: size.stock for variant in found.variant for size in variant.size}
        unknown = next((sku for sku in change.stock if sku not in listed), None)
        if unknown is not None:
            hint = did_you_mean(unknown, list(listed), f"it has {', '.join(listed) or 'none'}")
            raise UserError(f"stock: {product} has no size of the number “{unknown}”; {hint}")
        return prices, {sku: Changed(count, listed[sku]) for sku, count in change.stock.items()}

    def _answer(self) -> _Told:
        if self._told is None:
            state = self._make().model_copy(update={"revision": self.revision})
            self._told = _Told(state, hashlib.sha256(state.model_dump_json().encode()).hexdigest()[:24])
        return self._told

    def _make(self) -> ShowState:
        """All but its revision."""
        config, told, known = self._config, self._config.programme, {each.id for each in self._exhibits.catalogue.product}
        return ShowState(
            revision=0,
            title=config.title or config.name,
            description=told.description,
            host=told.host,
            brand=told.brand,
            starts_unix_s=unix_s(told.starts),
            ends_unix_s=unix_s(told.ends),
            scene=self._scene(self._exhibits.scene) if self._exhibits.scene else None,
            products=[self._product(each) for each in self._exhibits.catalogue.product],
            pins=[Pin(product=name, since_unix_s=since_s) for name, since_s in self._kept.pins.items() if name in known],
            shop_origins=list(config.shop_origins),
        )

    def _scene(self, scene: Scene) -> ShowScene:
        wanted = [tuned(each, self._tunings.get(each.name, GarmentTuning())) for each in scene.garment]
        garments = [self._garment(each, scene.floor_m) for each in wanted]
        return ShowScene(
            name=scene.name,
            title=scene.title,
            floor_m=scene.floor_m,
            occluders=[self._occluder(each) for each in scene.occluder if each.camera is None],
            occluded=any(each.camera is not None for each in scene.occluder),
            garments=garments,
        )

    def _occluder(self, occluder: Occluder) -> ShowOccluder:
        mask = f"{self._place}/masks/{_mask_name(self._exhibits.masks[occluder.mask])}" if occluder.mask else None
        return ShowOccluder(name=occluder.name, distance_m=occluder.distance_m, rectangle=occluder.rectangle, mask=mask)

    def _garment(self, garment: Garment, floor_m: float) -> ShowGarment:
        model = self._exhibits.models[garment.name]
        matrix = model_matrix(garment, floor_m)
        yaw, pitch = angles((matrix @ [*model.bounds.mean(axis=0), 1.0])[:3])
        sold = next((each.id for each in self._exhibits.catalogue.product if each.garment == garment.name), None)
        return ShowGarment(
            name=garment.name,
            title=garment.title,
            variant=self._variants.get(garment.name, self._first(garment.name)),
            variants=list(model.variants),
            visible=garment.visible,
            matrix=[round(float(each), 6) for each in matrix.T.ravel()],
            height_m=round(float(np.ptp(model.bounds[:, 1])), 3),
            yaw_deg=round(float(np.degrees(yaw)), 2),
            pitch_deg=round(float(np.degrees(pitch)), 2),
            deliver=garment.deliver,
            model=f"{self._place}/models/{garment.name}.glb?v={model.file.digest}" if garment.deliver == "model" else None,
            product=sold,
            motion=garment.motion.model_dump() if garment.motion else None,
        )

    def _first(self, garment: str) -> str:
        """What a garment wears when the scene begins."""
        placed = self._exhibits.scene.garment if self._exhibits.scene else ()
        asked = next((each.variant for each in placed if each.name == garment), None)
        return asked or next(iter(self._exhibits.models[garment].variants), "")

    def _product(self, product: Product) -> ShowProduct:
        catalogue = self._exhibits.catalogue
        price = catalogue.price(product)
        changed = self._kept.prices.get(product.id)
        amount = changed.over(price.amount) if changed else price.amount
        return ShowProduct(
            id=product.id,
            name=product.name,
            brand=product.brand or catalogue.brand,
            description=product.description,
            price=Money(amount=price.amount if amount is None else amount, currency=price.currency),
            link=product.link,
            images=[f"{self._place}/images/{_image_name(self._exhibits.images[path])}" for path in product.images],
            garment=product.garment,
            variants=[self._variant(product, each) for each in product.variant],
        )

    def _variant(self, product: Product, variant: ProductVariant) -> ShowVariant:
        image = self._exhibits.images[variant.image] if variant.image else None
        return ShowVariant(
            id=variant.id,
            name=variant.name,
            gltf_variant=variant.gltf_variant,
            price=self._exhibits.catalogue.price(product, variant) if variant.price is not None else None,
            image=f"{self._place}/images/{_image_name(image)}" if image else None,
            swatch=variant.swatch,
            sizes=[
                ShowSize(size=each.name, sku=each.sku, stock=changed.over(each.stock) if changed else each.stock)
                for each in variant.size
                for changed in [self._kept.stock.get(each.sku)]
            ],
        )

    @property
    def _place(self) -> str:
        return f"/api/v1/channels/{self._config.name}"


def unix_s(moment: datetime | None) -> float | None:
    """A moment in seconds of Unix time."""
    return moment.timestamp() if moment else None


def _image_name(file: File) -> str:
    return f"{file.digest}.{_SUFFIXES[file.media_type]}"


def _mask_name(mask: Mask) -> str:
    return f"{mask.digest}.png"
