"""Who follows a link, or comes back: the same view, the same piece, and the settings that were chosen."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.show import Show
from tests.e2e.visit import look, view, visiting, wait_for_words, wait_until, watch

CALM: dict[str, Any] = {"reduced_motion": "reduce"}


def test_a_shared_link_leads_to_the_same_view(browser: Browser, boutique: Show) -> None:
    with visiting(browser, **CALM) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        watch(page, f"{boutique.url}#token=of-nobody")
        look(page, -41.3, 8.2, 64)
        page.keyboard.press("s")
        page.get_by_text("Link copied").wait_for()
        url = page.evaluate("navigator.clipboard.readText()")
        assert url.startswith(f"{boutique.url}watch/boutique?")
        assert "token" not in url
        page.goto(url)
        assert view(page) == {
            "yawDeg": pytest.approx(-41.3, abs=0.06),
            "pitchDeg": pytest.approx(8.2, abs=0.06),
            "fovDeg": pytest.approx(64),
        }


def test_a_link_to_a_garment_turns_to_it_and_one_that_makes_no_sense_looks_ahead(browser: Browser, boutique: Show) -> None:
    with visiting(browser, **CALM) as page:
        page.goto(f"{boutique.url}watch/boutique?product=coat")
        card = page.locator(".sheet:not([hidden])")
        card.wait_for()
        page.goto(f"{boutique.url}watch/boutique?product=coat&yaw=123.5")
        card.wait_for()
        wait_until(page, "Math.abs(vrlive.view.yawDeg - 123.5) < 0.01")
        page.goto(f"{boutique.url}watch/boutique?yaw=north&pitch=1e99&fov=-3&t=%00&product=no-such-thing")
        wait_until(page, "vrlive.channel !== null && document.querySelector('#compass-pips circle') !== null")
        expect(card).to_be_hidden()
        assert view(page) == {"yawDeg": pytest.approx(0), "pitchDeg": pytest.approx(0), "fovDeg": pytest.approx(90)}


def test_settings_are_kept_over_a_reload(browser: Browser, boutique: Show) -> None:
    with visiting(browser, **CALM) as page:
        watch(page, boutique.url)
        wait_until(page, "vrlive.rendition?.offered.length > 1")
        offered = page.evaluate("vrlive.rendition.offered")
        page.get_by_role("button", name="Settings").click()
        page.get_by_label("Data saver").select_option("on")
        small = int(offered[-1].split("x")[0])
        wait_until(page, "video.videoWidth === value", small)
        assert page.get_by_label("Turn slowly when nobody touches").is_disabled()
        page.reload()
        wait_until(page, "video.videoWidth === value", small)
        wait_until(page, "vrlive.rendition?.auto === false")
        page.get_by_role("button", name="Settings").click()
        assert page.get_by_label("Data saver").input_value() == "on"
        page.get_by_role("dialog").get_by_label("Picture quality").select_option(offered[0])
        wait_until(page, "video.videoWidth === value", int(offered[0].split("x")[0]))
        assert page.get_by_label("Data saver").input_value() == "off"
        with page.expect_navigation():
            page.get_by_label("Language").select_option("zh")
        wait_for_words(page, "直播中")
        assert page.evaluate("document.documentElement.lang") == "zh-CN"
        page.reload()
        page.get_by_role("button", name="设置").click()
        assert page.get_by_label("语言").input_value() == "zh"
        wait_until(page, "vrlive.rendition?.name === value && !vrlive.rendition.auto", offered[0])
