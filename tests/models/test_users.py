"""Accounts, sign-in, sessions and posts (goals I1, I2, I5; obligation Q2.2)."""

import threading

import pytest

from models import clock, config, db, errors, journal, seed, users

GOOD = seed.PASSWORD


def sign_in(login="lan", password=GOOD):
    return users.sign_in(login, password)


def wrong(login, password="sai mat khau roi"):
    with pytest.raises(errors.Invalid) as caught:
        users.sign_in(login, password)
    return caught.value.fields


def test_the_right_password_opens_a_session(office):
    assert users.actor_of(sign_in()).name == office.lan.name
    assert users.actor_of(sign_in("  LAN ")).id == office.lan.id


def test_only_the_hash_of_a_token_is_kept(office):
    token = sign_in()
    assert token not in str(list(users.Session.select().dicts()))
    assert len(token) >= 43


def test_unknown_wrong_locked_disabled_and_empty_get_one_answer(office):
    """Goal I2."""
    answers = [wrong("khong.co"), wrong("lan"), wrong("lan", "")]
    for _ in range(6):
        wrong("minh")
    answers.append(wrong("minh", GOOD))
    users.disable(office.tuan.person, office.quantri)
    answers.append(wrong("tuan", GOOD))
    users.create_person("moi", "Người Mới")
    answers.append(wrong("moi", ""))
    assert all(answer == answers[0] for answer in answers)


def test_every_failure_leaves_one_line_in_the_journal(office):
    before = journal.head()[0]
    for login in ("khong.co", "lan", "minh"):
        wrong(login)
    assert journal.head()[0] == before + 3
    assert all(
        event.verb == "sign_in_failed" for event in journal.Event.select().where(journal.Event.id > before)
    )


def test_five_wrong_guesses_lock_for_a_quarter_of_an_hour(office):
    """SEC-6; goal I1: nobody is locked out for longer than 15 minutes by a stranger."""
    with clock.freeze("2026-03-02 08:00"):
        for _ in range(users.TRIES_BEFORE_LOCK):
            wrong("lan")
        wrong("lan", GOOD)
    with clock.freeze("2026-03-02 08:14"):
        wrong("lan", GOOD)
    with clock.freeze("2026-03-02 08:16"):
        assert sign_in()


def test_guesses_side_by_side_are_all_counted(office):
    def guess():
        with db.connection():
            wrong("lan")
        db.database.close()

    threads = [threading.Thread(target=guess) for _ in range(users.TRIES_BEFORE_LOCK)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert users.Person.get(users.Person.login == "lan").locked_until is not None


def test_a_right_password_forgets_the_wrong_ones(office):
    for _ in range(4):
        wrong("lan")
    sign_in()
    for _ in range(4):
        wrong("lan")
    assert sign_in()


@pytest.mark.parametrize(("later", "alive"), [("08:29", True), ("08:31", False)])
def test_an_idle_session_ends(office, later, alive):
    """Goal I5: 30 minutes."""
    assert config.current().idle_minutes == 30
    with clock.freeze("2026-03-02 08:00"):
        token = sign_in()
    with clock.freeze(f"2026-03-02 {later}"):
        assert bool(users.actor_of(token)) is alive


def test_a_busy_session_ends_after_twelve_hours(office):
    with clock.freeze("2026-03-02 07:00"):
        token = sign_in()
    for hour in range(7, 19):
        for minute in (20, 40, 59):
            with clock.freeze(f"2026-03-02 {hour:02d}:{minute}"):
                assert users.actor_of(token), (hour, minute)
    with clock.freeze("2026-03-02 19:01"):
        assert users.actor_of(token) is None


def end_of_all(actor, person):
    return {
        "password": lambda: users.set_password(person, "mot cau khac han"),
        "disable": lambda: users.disable(person, actor),
        "sign_out": lambda: users.end_sessions(person),
    }


@pytest.mark.parametrize("act", ["password", "disable", "sign_out"])
def test_an_act_ends_every_session_at_once(office, act):
    """Goal I5: dead at the next request."""
    tokens = [sign_in(), sign_in()]
    end_of_all(office.quantri, office.lan.person)[act]()
    assert [users.actor_of(token) for token in tokens] == [None, None]


def test_signing_out_ends_this_session_alone(office):
    first, second = sign_in(), sign_in()
    users.sign_out(first)
    assert users.actor_of(first) is None and users.actor_of(second)


def test_three_sessions_at_the_most(office):
    tokens = []
    for minute in range(5):
        with clock.freeze(f"2026-03-02 08:0{minute}"):
            tokens.append(users.open_session(office.lan.person))
    with clock.freeze("2026-03-02 08:06"):
        assert [bool(users.actor_of(token)) for token in tokens] == [False, False, True, True, True]


@pytest.mark.parametrize(
    "bad", ["", "ngan", "x" * 129, "aaaaaaaaaaaaaaa", "toi la lan that", "ababababababab"]
)
def test_weak_passwords_are_refused(office, bad):
    with pytest.raises(errors.Invalid) as caught:
        users.set_password(office.lan.person, bad)
    assert "password" in caught.value.fields


def test_one_s_own_change_needs_the_old_password(office):
    with pytest.raises(errors.Invalid, match="đang dùng không đúng"):
        users.change_password(office.lan.person, "khong phai", "mot cau khac han")
    users.change_password(office.lan.person, GOOD, "mot cau khac han")
    assert sign_in(password="mot cau khac han")


def test_a_given_password_must_be_replaced_before_anything_else(office):
    """SEC-6: forced change at the first sign-in; no session until then."""
    users.set_password(office.lan.person, "cap cho dung tam", must_change=True)
    with pytest.raises(users.PasswordExpired):
        sign_in(password="cap cho dung tam")
    assert users.sessions_of(office.lan.person) == []
    with pytest.raises(errors.Invalid):
        users.renew_password("lan", "khong phai no dau", "cau cua rieng toi")
    with pytest.raises(errors.Invalid, match="phải khác"):
        users.renew_password("lan", "cap cho dung tam", "cap cho dung tam")
    users.renew_password("lan", "cap cho dung tam", "cau cua rieng toi")
    assert sign_in(password="cau cua rieng toi")


def test_one_person_two_agencies_switches_without_a_second_sign_in(office):
    """Q2.2."""
    post = users.appoint(office.lan.person, office.b, "Công chức kiêm nhiệm", "officer")
    token = sign_in()
    assert users.actor_of(token).agency_id == office.a.id
    users.switch_post(token, post.id)
    actor = users.actor_of(token)
    assert (actor.agency_id, actor.roles) == (office.b.id, frozenset({"officer"}))


def test_nobody_switches_to_another_s_post(office):
    token = sign_in()
    with pytest.raises(errors.NotFound):
        users.switch_post(token, office.minh.post.id)
    with pytest.raises(errors.NotFound):
        users.switch_post("khong phai the", office.lan.post.id)


def test_an_ended_post_is_left_at_the_next_click(office):
    post = users.appoint(office.lan.person, office.b, "Kiêm nhiệm", "officer")
    token = sign_in()
    users.switch_post(token, post.id)
    users.end_post(post)
    assert users.actor_of(token).agency_id == office.a.id
    users.end_post(office.lan.post)
    assert users.actor_of(token) is None


def test_posts_of_a_closed_agency_are_over(office):
    token = sign_in()
    with db.write():
        office.a.set(closed_on=clock.today())
    assert users.actor_of(token) is None


def test_a_withdrawn_role_is_gone_at_the_next_request(office):
    """Goal Z3."""
    token = sign_in()
    with db.write():
        office.lan.post.set(roles="officer")
    assert not users.actor_of(token).has("clerk")


@pytest.mark.parametrize(
    ("title", "roles", "field"), [("Chức", "", "roles"), ("Chức", "vua", "roles"), (" ", "officer", "title")]
)
def test_a_post_needs_a_title_and_known_roles(office, title, roles, field):
    with pytest.raises(errors.Invalid) as caught:
        users.appoint(office.lan.person, office.a, title, roles)
    assert field in caught.value.fields


def test_a_unit_of_another_agency_is_refused(office):
    with pytest.raises(errors.Invalid, match="cơ quan khác"):
        users.appoint(office.nam.person, office.b, "Công chức", "officer", unit=office.units["Văn phòng"])


def test_a_login_is_taken_once_whatever_its_marks(office):
    with pytest.raises(errors.Invalid, match="đã được dùng"):
        users.create_person("Lân", "Người Khác")


def test_no_pin_and_no_key_has_a_place_in_the_database(office):
    """Q5.1: no PIN or key stored anywhere."""
    columns = db.database.execute_sql(
        "SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'"
    ).fetchall()
    assert [
        pair for pair in columns if pair[1].lower() in ("pin", "private_key", "secret_key", "key_pem")
    ] == []
