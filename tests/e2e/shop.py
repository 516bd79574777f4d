"""A shop at an origin of its own, with the boutique in its page and a cart of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

PAGE: Final = """<!doctype html><meta charset="utf-8"><title>Shop</title><vr-live channel="boutique"></vr-live>
<script type="module">
  const show = document.querySelector("vr-live");
  show.addEventListener("begin-checkout", ({ detail }) => { window.paying = detail.items; });
  const cart = (window.cart = new Map([["COAT-CAM-L", 1], ["A-HAT", 2]]));
  const coat = { product: "coat", price: { amount: 39900, currency: "EUR" }, skus: [{ sku: "COAT-CAM-XS", stock: 0 }] };
  const items = () => [...cart].map(([sku, quantity]) => ({ sku, quantity }));
  const answers = {
    PROVIDE_PRODUCT_DATA: () => ({ products: [coat] }),
    SYNC_CART_STATE: () => ({ items: items() }),
    ADD_TO_CART: ({ item }) => {
      if (item.sku === "COAT-CAM-M") return { ok: false, reason: "sold-out", words: "Somebody bought the <b>last</b> one." };
      cart.set(item.sku, (cart.get(item.sku) ?? 0) + item.quantity);
    },
    UPDATE_ITEM_IN_CART: ({ item }) => { cart.set(item.sku, item.quantity); },
    CHECKOUT: () => ({ url: "https://shop.example/till" }),
  };
  for (const [type, answer] of Object.entries(answers)) {
    show.addEventListener(type, ({ detail }) => {
      if (!window.silent) show.send({ type: "ANSWER", id: detail.id, ok: true, ...answer(detail) });
    });
  }
  await import(new URLSearchParams(location.search).get("show") + "embed.js");
  await customElements.whenDefined("vr-live");
  show.send({ type: "SHOP", handles: Object.keys(answers) });
  window.forget = () => { cart.clear(); show.send({ type: "SYNC_CART_STATE", items: [] }); };
</script>"""


class Counter(BaseHTTPRequestHandler):
    """The shop's only page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, *_: object) -> None: ...


@contextmanager
def open_shop() -> Iterator[str]:
    """Its origin, until the block ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Counter) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
