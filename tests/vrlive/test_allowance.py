from vrlive.allowance import KEPT, Allowance, Allowances, party_of


def test_so_much_at_once_and_then_at_the_rate() -> None:
    allowance = Allowance(2.0, 3.0, 100.0)
    assert [allowance.take(100.0) for _ in range(4)] == [True, True, True, False]
    assert [allowance.take(100.5), allowance.take(100.5)] == [True, False]
    assert [allowance.take(1000.0) for _ in range(4)] == [True, True, True, False], "what was not used is not saved up for ever"


def test_one_address_does_not_use_up_another_s() -> None:
    allowances = Allowances(1.0, 1.0)
    assert [allowances.take(host, 0.0) for host in ("a", "a", "b")] == [True, False, True]


def test_addresses_without_number_take_no_memory_without_bound() -> None:
    allowances = Allowances(1.0, 1.0)
    for n in range(KEPT + 10):
        assert allowances.take(str(n), 0.0)
    assert allowances.take("0", 0.0), "the one not seen for longest was forgotten"
    assert not allowances.take(str(KEPT + 9), 0.0)
    assert len(allowances._of) == KEPT


def test_a_party_is_an_ipv4_address_or_an_ipv6_network() -> None:
    assert party_of("192.0.2.7") == party_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert party_of("2001:db8::1") == party_of("2001:db8::ffff:1") != party_of("2001:db8:0:1::1")
    assert party_of("testclient") == "testclient"
