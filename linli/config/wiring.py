"""Every hidden arrow on one screen: which function listens to which fact, and what the clock starts."""

from linli.alerts import events as alert_events
from linli.alerts import jobs as alert_jobs
from linli.boundaries import jobs as boundary_jobs
from linli.config import gauges
from linli.core import doctor, erasures, events, holds, jobs, metrics
from linli.core.doctor import life, place
from linli.duties import jobs as duty_jobs
from linli.duties.jobs import (
    file_reply,
    forget_erased_questions,
    forget_old_questions,
    move_tasks,
    note_dead_phone,
    review_standing_tasks,
)
from linli.duties.queries import hold_in_open_tasks
from linli.exchange import jobs as exchange_jobs
from linli.grid import events as grid_events
from linli.grid.jobs import fold_headcounts
from linli.messages import jobs as message_jobs
from linli.messages.events import ReplyFiled
from linli.residents import events as register_events
from linli.residents.events import HouseholdsErased, PhoneFoundDead
from linli.residents.jobs import end_old_requests, forget_uploads, import_waiting_rosters, review_retention
from linli.rounds import jobs as rounds_jobs
from linli.rounds.jobs import carry_moves, fold_tallies, forget_erased_homes
from linli.rounds.queries import hold_in_open_rounds


def wire() -> None:
    """Called once in every process that runs pages, commands or jobs."""
    events.subscribe(alert_events.AlertIssued, alert_jobs.begin_line)
    events.subscribe(PhoneFoundDead, note_dead_phone)
    for forget in (forget_erased_homes, forget_erased_questions, message_jobs.forget_erased_homes):
        events.subscribe(HouseholdsErased, forget)
    events.subscribe(HouseholdsErased, alert_jobs.forget_erased_homes)
    for room in (rounds_jobs, duty_jobs, message_jobs, alert_jobs):
        events.subscribe(register_events.PeopleErased, room.forget_erased_people)
    events.subscribe(register_events.TransferProposed, duty_jobs.ask_for_transfer)
    events.subscribe(register_events.TransferSettled, duty_jobs.end_transfer)
    events.subscribe(register_events.CorrectionAsked, duty_jobs.ask_for_correction)
    events.subscribe(register_events.CorrectionSettled, duty_jobs.end_correction)
    events.subscribe(register_events.ErasureDue, duty_jobs.ask_for_erasure)
    events.subscribe(grid_events.DeputiesNamed, duty_jobs.tell_deputies)
    events.subscribe(grid_events.AbsenceEnded, duty_jobs.withdraw_deputy)
    events.subscribe(grid_events.AppointmentsEnded, duty_jobs.withdraw_left_deputies)
    events.subscribe(ReplyFiled, file_reply)
    events.subscribe(ReplyFiled, alert_jobs.take_confirmation)

    holds.listen_to(hold_in_open_rounds)
    holds.listen_to(hold_in_open_tasks)

    events.subscribe(alert_events.AlertIssued, exchange_jobs.note_issued)
    jobs.every(5, fold_headcounts)
    jobs.every(3, fold_tallies)
    jobs.every(10, carry_moves)
    jobs.every(5, alert_jobs.advance_alerts)
    jobs.every(1, alert_jobs.spread_alerts)
    jobs.every(10, alert_jobs.lapse_approvals)
    jobs.every(10, alert_jobs.hold_drills)
    jobs.every(15, exchange_jobs.read_feeds)
    jobs.every(3, boundary_jobs.carry_on_editions)
    jobs.every(10, move_tasks)
    jobs.every(300, review_standing_tasks)
    jobs.every(5, jobs.seal_audit)
    jobs.every(10, erasures.write_list)
    jobs.every(3600, jobs.forget_old_writes)
    jobs.every(300, jobs.keep_statistics)
    jobs.every(1, import_waiting_rosters)
    jobs.every(3600, forget_uploads)
    jobs.every(3600, message_jobs.forget_old_messages)
    jobs.every(3600, forget_old_questions)
    jobs.every(86_400, alert_jobs.forget_old_late_notes)
    jobs.beside(message_jobs.keep_sending, once=message_jobs.send_what_is_due)
    jobs.every(3600, end_old_requests)
    jobs.every(6 * 3600, review_retention)
    jobs.every(86_400, jobs.verify_audit)
    jobs.every(86_400, jobs.forget_old_audit)

    _consult()


def _consult() -> None:
    """What the doctor asks, and what the metrics read."""
    for check in (place.check_files, place.check_key_copy, place.check_disk, place.check_erasure_list):
        doctor.consult(check)
    for check in (place.check_addresses, place.check_background, place.check_demo, place.check_extras):
        doctor.consult(check)
    for check in (life.check_database, life.check_worker, life.check_jobs, life.check_deliveries):
        doctor.consult(check)
    for check in (life.check_backup, life.check_audit, gauges.check_accounts, gauges.check_places):
        doctor.consult(check)
    for check in (gauges.check_senders, gauges.check_links):
        doctor.consult(check)

    metrics.offer(metrics.read_core)
    metrics.offer(gauges.read_rounds)
    metrics.offer(gauges.read_outbox)
