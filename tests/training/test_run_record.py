from gdig.training.run import write_curves


def test_curves_have_a_row_a_seed_and_step(tmp_path):
    record = {"losses": [[2, 1.23456, 0.001], [4, 1.0, 1e-5 / 3]], "valid_losses": [[4, 0.5]]}
    bad = {"losses": [[2, 1.0, 0.1]], "valid_losses": [[2, None]]}
    write_curves(tmp_path / "c.csv", {7: record, 8: bad})
    assert (tmp_path / "c.csv").read_text().splitlines() == [
        "seed,step,train_loss,valid_loss,learning_rate",
        "7,2,1.2346,,0.001",
        "7,4,1.0000,0.5000,3.33333e-06",
        "8,2,1.0000,,0.1",
    ]
