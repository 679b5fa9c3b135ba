from gdig.significance.digits import shortened


def test_small_p_values_stay():
    written = shortened({"p": 1.6234567e-08, "mean": 67.123456, "n": 3, "holds": True, "low": None, "name": "x"})
    assert written == {"p": 1.623e-08, "mean": 67.1235, "n": 3, "holds": True, "low": None, "name": "x"}
    assert isinstance(written["n"], int)
    assert shortened(0.0) == 0
    assert shortened(-0.012345678) == -0.01235
