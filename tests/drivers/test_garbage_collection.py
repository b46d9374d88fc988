"""The garbage collector waits during a run, and is as it was afterwards."""

from __future__ import annotations

import gc

import pytest

from lab.drivers import garbage_collection


def test_no_collection_during_the_block_and_as_before_after_it():
    assert gc.isenabled()
    with garbage_collection.waiting():
        assert not gc.isenabled()
        with garbage_collection.waiting():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    try:
        with garbage_collection.waiting():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_an_error_ends_the_wait():
    with pytest.raises(LookupError), garbage_collection.waiting():
        raise LookupError
    assert gc.isenabled()


def test_the_collector_comes_seldom_while_labs_stay_whichever_ends_first():
    before = gc.get_threshold()
    first, second = garbage_collection.seldom(), garbage_collection.seldom()
    first.__enter__()
    second.__enter__()
    assert gc.get_freeze_count()
    first.__exit__(None, None, None)
    assert (gc.get_threshold(), gc.isenabled()) == (garbage_collection.SELDOM, True)
    second.__exit__(None, None, None)
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
