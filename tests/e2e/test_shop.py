"""What a shop says: its words are text that leads nowhere, and around the page it answers for its own cart."""

import json

from playwright.sync_api import Browser, Route, expect

from tests.e2e.boutique import card, told
from tests.e2e.show import Show
from tests.e2e.visit import visiting, watch


def test_what_strangers_write_is_text_and_leads_nowhere(browser: Browser, boutique: Show) -> None:
    name = "<img src=x onerror=document.title='taken'>"
    hostile = told(boutique)
    hostile["products"] = [
        {
            **hostile["products"][0],
            "name": name,
            "description": "<script>document.title = 'taken'</script>",
            "link": "javascript:document.title='taken'",
            "price": {"amount": "<b>0</b>", "currency": "EUR"},
            "images": ["https://elsewhere.example/spy.png"],
        }
    ]

    def answer(route: Route) -> None:
        route.fulfill(body=json.dumps(hostile), content_type="application/json")

    with visiting(browser, reduced_motion="reduce") as page:
        page.route("**/show", answer)
        watch(page, f"{boutique.url}watch/boutique")
        page.get_by_role("button", name="Products", exact=True).click()
        page.get_by_role("button", name=f"Details of {name}").click()
        found = card(page, name)
        expect(found.get_by_role("heading")).to_have_text(name)
        expect(found.get_by_text("Price in the shop")).to_be_visible()
        expect(found.get_by_text("<script>")).to_be_visible()
        assert found.get_by_role("link").count() == 0
        assert found.locator("img, script, b").count() == 0
        assert page.title() == "Autumn"


def test_a_shop_around_the_page_answers_for_its_own_cart(browser: Browser, boutique: Show, shop: str) -> None:
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{shop}/?show={boutique.url}")
        frame = page.locator("vr-live iframe").element_handle().content_frame()
        assert frame
        frame.get_by_role("button", name="Bag, 1 thing").click()
        bag = frame.get_by_role("dialog", name="Bag")
        expect(bag.get_by_role("listitem")).to_contain_text("Camel · L")
        expect(bag.get_by_text("And 2 other things in the shop’s bag.")).to_be_visible()
        expect(bag.locator(".total")).to_contain_text("€399")  # the shop's price

        frame.get_by_role("button", name="Products", exact=True).click()
        frame.get_by_role("button", name="Details of Belted wool coat").click()
        coat = frame.get_by_role("dialog", name="Belted wool coat", exact=True)
        expect(coat.get_by_role("radio", name="XS Sold out")).to_be_disabled()
        add = coat.get_by_role("button", name="Add to bag")
        coat.locator('input[value="COAT-CAM-M"]').check()
        add.click()
        expect(coat.locator(".said")).to_have_text("Somebody bought the <b>last</b> one.")
        coat.locator('input[value="COAT-CAM-S"]').check()
        add.click()
        expect(coat.locator(".said")).to_have_text("Belted wool coat is in your bag.")
        assert page.evaluate("window.cart.get('COAT-CAM-S')") == 1

        coat.get_by_role("button", name="Open the bag").click()
        small = bag.get_by_role("listitem").filter(has_text="Camel · S")
        small.get_by_role("button", name="One more").click()
        expect(small.get_by_role("status")).to_have_text("2")
        assert page.evaluate("window.cart.get('COAT-CAM-S')") == 2
        bag.get_by_role("button", name="Check out").click()
        assert bag.get_by_role("link", name="Go on in the shop").get_attribute("href") == "https://shop.example/till"
        page.wait_for_function("() => window.paying")
        paying = page.evaluate("window.paying.map(({ product, sku, quantity }) => [product, sku, quantity])")
        assert sorted(paying) == [["coat", "COAT-CAM-L", 1], ["coat", "COAT-CAM-S", 2]]

        page.evaluate("window.silent = true")
        small.get_by_role("button", name="Remove").click()
        expect(bag.get_by_role("alert")).to_contain_text("The shop does not answer.")
        expect(small).to_have_count(1)
        page.evaluate("window.forget()")
        expect(bag.get_by_text("Your bag is empty.")).to_be_visible()
