//! What is set aside, and what is held in quarantine.

use super::*;

#[test]
fn what_is_set_aside_comes_back_in_time_when_undone_and_when_it_changes() {
    let mut desk = Desk::new();
    let (_, a) = desk.household("01", "Trần Giả Chủ", &[AN]);
    desk.household("02", "Lê Giả Khác", &[AN]);
    let [pair] = desk.pairs().try_into().unwrap();
    let aside = |until: Option<i64>, reason: Option<&str>| Deed::SetAside {
        subject: pair.subject(),
        until,
        reason: reason.map(str::to_owned),
        seen: pair.seen,
    };
    let right = || aside(None, Some(BECAUSE));
    let out = |desk: &Desk, at: i64| {
        let queue = desk.office.queue(at).unwrap();
        assert_eq!(queue.pairs.len() + queue.asides.len(), 1, "it waits or is set aside");
        queue.asides.first().map(|aside| (aside.deed, aside.until))
    };
    let log = desk.office.status().unwrap().log_position;
    let later = desk.done(aside(Some(CLOCK + 10), None));
    assert_eq!(out(&desk, CLOCK), Some((later, Some(CLOCK + 10))));
    assert_eq!(out(&desk, CLOCK + 10), None);
    assert_eq!(out(&desk, CLOCK), Some((later, Some(CLOCK + 10))), "whatever time was asked for before");
    let unseen = desk.office.do_deed(&desk.binh, right(), CLOCK);
    assert_eq!(
        unseen,
        Err(DeedError::AsideByAnother),
        "nothing changed: it is not where another officer looks for it"
    );
    let unsaid = desk.office.do_deed(&desk.mai, aside(None, None), CLOCK);
    assert_eq!(unsaid, Err(DeedError::Reason), "why is it right?");
    let deed = desk.done(right());
    assert_eq!(out(&desk, CLOCK + 1_000_000), Some((deed, None)));
    assert_eq!(desk.office.status().unwrap().log_position, log, "no change");
    let kept = [later, deed].map(|id| {
        let row = desk.office.deed(id).unwrap().unwrap();
        (row.kind, row.until, row.reason)
    });
    let because = Some(BECAUSE.to_owned());
    assert_eq!(kept, [(DeedKind::Later, Some(CLOCK + 10), None), (DeedKind::Right, None, because)]);
    desk.office.undo_deed(&desk.binh, deed, CLOCK).unwrap();
    assert_eq!(out(&desk, CLOCK), None);
    let hers = desk.office.do_deed(&desk.binh, right(), CLOCK).expect("it was brought back first");
    assert_eq!(out(&desk, CLOCK), Some((hers, None)));
    desk.household("01", "Phạm Giả Khác", &[]);
    assert!(out(&desk, CLOCK).is_some(), "somebody has written elsewhere");
    let of = Edit::entity(Container::Children, &a[0].person, "school", "Trường Giả Lập");
    desk.edit(&desk.before, a[0].document, &[of]);
    assert_eq!(out(&desk, CLOCK), None, "somebody has written there");
    assert_eq!(desk.office.do_deed(&desk.mai, right(), CLOCK), Err(DeedError::ChangedMeanwhile));
}

#[test]
fn fields_and_contradictions_that_are_set_aside_are_counted_nowhere() {
    let mut desk = Desk::new();
    let (document, _) = desk.household("01", "Trần Giả Chủ", &[]);
    desk.dispute(document, "phone", &["0900000001", "0900000002"]);
    let orphan = [AN, &[("father_status", "living"), ("mother_status", "living")]].concat();
    let (other, people) = desk.household("02", "Lê Giả Khác", &[&orphan]);
    let key = desk.key();
    let of = |field: &str, value: &str| Edit::entity(Container::Circumstances, &key, field, value);
    let told = [of("person", people[0].person.as_str()), of("code", "II.1.1"), of("start", "2024")];
    desk.edit(&desk.before, other, &told);
    let subjects = |queue: &Queue| -> Vec<Subject> {
        let fields = queue.fields.iter().map(|field| field.subject.clone());
        fields.chain(queue.contradictions.iter().map(|found| found.subject.clone())).collect()
    };
    let open = subjects(&desk.waiting());
    assert!(desk.waiting().fields.len() == 1 && open.len() > 1);
    for subject in &open {
        let seen = desk.seen(subject);
        let (subject, reason) = (subject.clone(), Some(BECAUSE.to_owned()));
        desk.done(Deed::SetAside { subject, until: None, reason, seen });
    }
    let queue = desk.waiting();
    assert_eq!((subjects(&queue), queue.asides.len()), (Vec::new(), open.len()));
    desk.edit(&desk.before, document, &[Edit::household("address", "Xóm Giả Lập")]);
    assert_eq!(subjects(&desk.waiting()), [], "the dispute is what it was");
    for aside in &queue.asides {
        desk.office.undo_deed(&desk.binh, aside.deed, CLOCK).unwrap();
    }
    assert_eq!(subjects(&desk.waiting()), open);
}

#[test]
fn what_is_in_quarantine_is_told_in_counts_examined_again_and_never_deleted() {
    let mut desk = Desk::new();
    let (document, _) = desk.household("01", "Trần Giả Chủ", &[]);
    let actor = desk.before.actor(desk.office.commune());
    let mut household = desk.office.household(document, None, actor).unwrap();
    let sound = household.edit(&[Edit::household("phone", "0900000001")], CLOCK).unwrap();
    let device = desk.before.device();
    let rows = [
        (sound.hash.0, sound.bytes.clone(), "change_unsound", true),
        ([1; 32], sound.bytes, "batch_signature_invalid", false),
        ([2; 32], b"no change at all".to_vec(), "change_malformed", true),
    ];
    desk.office
        .writer
        .write(move |sql, _| {
            for (hash, bytes, code, signed) in rows {
                sql.execute(
                    "INSERT INTO quarantine (device, document, hash, bytes, code, batch, received_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, (SELECT max(id) FROM batch WHERE ?6), ?7)",
                    rusqlite::params![device.0, document.0, hash, bytes, code, signed, CLOCK],
                )?;
            }
            Ok(())
        })
        .unwrap();
    let details = desk.office.quarantine_details().unwrap();
    let outline = details[0].outline.clone().unwrap();
    assert_eq!((outline.writes, outline.begins, outline.fields), (1, 0, vec!["phone".to_owned()]));
    assert!(
        details[0].document_known && details[0].signed && !details[1].signed && details[2].outline.is_none()
    );
    let ids: Vec<u64> = details.iter().map(|detail| detail.row.id).collect();
    let retry = |id: u64| desk.office.do_deed(&desk.mai, Deed::QuarantineRetry { id }, CLOCK);
    assert_eq!(retry(ids[2]), Err(DeedError::StillRefused("change_malformed")));
    assert_eq!(retry(ids[1]), Err(DeedError::StillRefused("batch_signature_invalid")));
    let passed = retry(ids[0]).unwrap();
    assert_eq!(desk.values(document, "phone"), texts(&["0900000001"]));
    assert_eq!(retry(ids[0]), Err(DeedError::NotFound), "it waits no longer");
    assert_eq!(desk.office.undo_deed(&desk.mai, passed, CLOCK), Err(DeedError::NotUndoable));
    assert_eq!(desk.office.quarantine_waiting().unwrap(), 2);
    let seen = desk.done(Deed::QuarantineSeen { id: ids[2] });
    assert_eq!(desk.office.quarantine_waiting().unwrap(), 1);
    assert!(desk.office.quarantine_details().unwrap()[1].seen, "it is still there");
    desk.office.undo_deed(&desk.binh, seen, CLOCK).unwrap();
    assert_eq!(desk.office.quarantine_waiting().unwrap(), 2);
}
