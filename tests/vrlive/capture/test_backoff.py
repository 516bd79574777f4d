from vrlive.capture.backoff import Backoff


def test_pauses_double_from_one_second_to_thirty() -> None:
    backoff = Backoff()
    assert [backoff.pause_s(0) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]


def test_a_source_that_was_healthy_is_tried_again_soon() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.pause_s(0)
    assert backoff.pause_s(3600) == 1
    assert backoff.pause_s(0) == 2
