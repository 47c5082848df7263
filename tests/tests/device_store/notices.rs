//! The contract's part on notices: kept as they were signed, moved as the protocol says (section 19.3).

use sync_core::device::{DeviceStore, NoticeState, NoticeUpdate, ResponsePlan};
use sync_core::id::NoticeId;
use sync_core::notice::Notice;

use super::{Place, picture, plan};

fn notice(name: u8, kind: u8) -> Notice {
    Notice {
        id: NoticeId([name; 16]),
        kind,
        made_at: 1_700_000_000 + i64::from(name),
        body: vec![name; 40].into(),
        signature: [name; 64].into(),
    }
}

fn update(name: u8, state: NoticeState, at: i64, code: Option<&str>) -> ResponsePlan {
    let update = NoticeUpdate { id: NoticeId([name; 16]), state, at, code: code.map(str::to_owned) };
    ResponsePlan { notices: vec![update], ..plan() }
}

fn states<S: DeviceStore>(store: &S) -> Vec<NoticeState> {
    store.notices().unwrap().into_iter().map(|stored| stored.state).collect()
}

pub(super) fn a_notice_is_kept_as_it_was_signed_and_survives_a_restart<P: Place>(mut place: P) {
    // Of a kind this program does not know, too: a store keeps what it is given.
    let made = [notice(3, 1), notice(1, 2), notice(2, 77)];
    for notice in &made {
        place.store().record_notice(notice).unwrap();
    }
    let altered = Notice { body: vec![0].into(), ..made[0].clone() };
    place.store().record_notice(&altered).unwrap();
    let before = picture(place.store());
    let mut place = place.restarted();
    assert_eq!(picture(place.store()), before);
    let stored = place.store().notices().unwrap();
    let kept: Vec<_> = stored.iter().map(|stored| stored.notice.clone()).collect();
    assert_eq!(kept, made, "in the order they were made, each once");
    for stored in stored {
        let state = (stored.state, stored.state_at, stored.code);
        assert_eq!(state, (NoticeState::Waiting, stored.notice.made_at, None));
    }
}

pub(super) fn a_notice_moves_with_a_plan_and_an_older_answer_takes_nothing_back<P: Place>(mut place: P) {
    use NoticeState::{Arrived, Opened, Refused, Waiting};
    let store = place.store();
    store.record_notice(&notice(1, 1)).unwrap();
    store.record_notice(&notice(2, 2)).unwrap();
    let refused = update(1, Refused, 10, Some("notices_full"));
    let (arrived, opened) = (update(1, Arrived, 20, None), update(1, Opened, 30, None));
    let lost = update(1, Waiting, 40, None);
    for (plan, expected) in [
        (&refused, (Refused, 10, Some("notices_full"))),
        (&arrived, (Arrived, 20, None)),
        (&refused, (Arrived, 20, None)),
        (&opened, (Opened, 30, None)),
        (&arrived, (Opened, 30, None)),
        (&refused, (Opened, 30, None)),
        (&lost, (Waiting, 40, None)),
        (&opened, (Opened, 30, None)),
    ] {
        // A plan applied again changes nothing.
        for _ in 0..2 {
            store.apply(plan).unwrap();
            let stored = &store.notices().unwrap()[0];
            assert_eq!((stored.state, stored.state_at, stored.code.as_deref()), expected);
        }
    }
    assert_eq!(states(store), [Opened, Waiting]);
    store.apply(&update(9, Arrived, 50, None)).unwrap();
    assert_eq!(states(store), [Opened, Waiting], "one unknown here is passed over");
    let before = picture(place.store());
    let mut place = place.restarted();
    assert_eq!(picture(place.store()), before);
}

pub(super) fn notices_outlive_a_new_cursor_and_a_new_chain<P: Place>(mut place: P) {
    let store = place.store();
    store.record_notice(&notice(1, 1)).unwrap();
    store.apply(&update(1, NoticeState::Arrived, 5, None)).unwrap();
    let before = store.notices().unwrap();
    store.reset_cursor().unwrap();
    store.restart_chain(3, sync_core::id::BatchHash([8; 32]), 5).unwrap();
    assert_eq!(store.notices().unwrap(), before);
}
