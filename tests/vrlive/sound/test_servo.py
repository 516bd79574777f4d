import numpy as np
import pytest

from vrlive.frames import SOUND_RATE_HZ
from vrlive.sound.servo import Servo

PIECE = 1024


def followed(drift: float, jitter_s: float, seconds: float) -> tuple[Servo, float, float]:
    """A servo after so long; the error of what it believes and the steepest that it changed, over the last half."""
    chance, servo = np.random.default_rng(9), Servo(0, 5.0)
    errors = []
    for n in range(1, round(seconds * SOUND_RATE_HZ / PIECE)):
        true_s = 5 + n * PIECE * (1 + drift) / SOUND_RATE_HZ
        servo.observe(n * PIECE, true_s + chance.uniform(-jitter_s, jitter_s))
        errors.append(servo.instant_at(n * PIECE) - true_s)
    late = np.array(errors[len(errors) // 2 :])
    return servo, float(np.abs(late).max()), float(np.abs(np.diff(late)).max() / (PIECE / SOUND_RATE_HZ))


@pytest.mark.parametrize("drift", [-3e-4, -1e-4, 0.0, 1e-4, 3e-4])
def test_drift_is_learnt_and_leaves_no_error(drift: float) -> None:
    servo, error_s, _ = followed(drift, 0.0, 240)
    assert servo.drift == pytest.approx(drift, abs=2e-6)
    assert error_s < 2e-4


def test_jitter_is_not_heard() -> None:
    servo, error_s, steepest = followed(1e-4, 0.005, 300)
    assert servo.drift == pytest.approx(1e-4, abs=5e-5)
    assert error_s < 0.001
    assert steepest < 6e-4, "a cent of pitch"


def test_places_and_instants_are_each_other_s_inverse() -> None:
    servo = followed(2e-4, 0.001, 20)[0]
    assert servo.place_at(servo.instant_at(123_456.75)) == pytest.approx(123_456.75, abs=1e-4)


def test_no_clock_is_believed_to_be_wrong_by_more_than_a_thousandth() -> None:
    servo, _, _ = followed(0.02, 0.0, 120)
    assert servo.drift == pytest.approx(1e-3)
