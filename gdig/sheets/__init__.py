"""Tables that go out to people and come back: workbooks and tab-separated text, whatever the columns mean."""
