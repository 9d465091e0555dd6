"""
test_lost_answers.py - the answer is cut off, reset, or never comes after the request was sent.

Rules     contract 6.1 and 6.3: never `accepted` without a whole answer; a release is sent again
          once at most, and a duplicate answer to it is success.
"""

from harness import Scenario, each
from service import faults
from service.defender import DEVICE, HEADERS, Refusal
from service.entra import CLIENT_ID
from service.message import Answer, json_answer
from service.stream import End

STEP = 10
RELEASE = "^POST .*/unisolate"
ENDINGS = [("bare FIN", End.FIN), ("close_notify", End.NOTIFY)]


def device(number):
    return f"{number:040x}"


class CutTokenAnswer(Scenario):
    @each(ENDINGS)
    def test_every_tenth_byte(self, how):
        size = len(self.token_answer().wire())
        cuts = range(0, size, STEP)
        for at in cuts:
            self.service.entra.tenants.add(f"cut{at}.example")
            self.service.login.fail(faults.cut(at, how), 99, f"/cut{at}[.]example/")

        def one(at):
            result = self.run_program(
                *self.where(),
                "--tenant",
                f"cut{at}.example",
                "--client-id",
                CLIENT_ID,
                "--client-secret-file",
                self.secret_file,
                "-c",
                "clean",
                "--retries",
                "0",
                DEVICE,
            )
            self.assert_exit(result, 7)

        self.side_by_side(cuts, one)
        self.assertEqual(self.posts(), 0)
        self.assertEqual(self.token_requests(), len(cuts))

    def token_answer(self):
        """An answer as long as the service's own."""
        return json_answer(
            200,
            {
                "token_type": "Bearer",
                "expires_in": 3599,
                "ext_expires_in": 3599,
                "access_token": self.service.entra.issue(),
            },
            (("Pragma", "no-cache"),),
        )

    def test_cut_once_is_tried_again(self):
        self.service.login.fail(faults.cut(300))
        self.assert_exit(self.release(), 0)
        self.assertEqual((self.token_requests(), self.posts()), (2, 1))


class CutReleaseAnswer(Scenario):
    def cut_everywhere(self, how, times, check):
        """One device a cut; each program releases its own; its first `times` answers are cut."""
        self.service.defender.add(device(0))
        self.assert_exit(self.release(devices=[device(0)]), 0)
        size = len(self.release_answer(device(0)).wire())
        cuts = range(0, size, STEP)
        token = self.service.entra.issue()
        file = self.write("token", token)
        for at in cuts:
            self.service.defender.add(device(at + 1))
            self.service.api.fail(faults.cut(at, how), times, f"POST .*{device(at + 1)}")

        def one(at):
            result = self.run_program(
                *self.where(), "--token-file", file, "-c", "clean", "--json", device(at + 1)
            )
            check(at, result)

        self.side_by_side(cuts, one)

    def release_answer(self, machine_id):
        """The service's answer to a release of a device whose action is active already."""
        return json_answer(
            201, self.service.defender.machines[machine_id].active, HEADERS, chunk_size=512
        )

    @each(ENDINGS)
    def test_every_tenth_byte_then_sent_again(self, how):
        def check(at, result):
            self.assert_exit(result, 0)
            self.assertEqual(result.json[0]["result"], "already-pending")
            self.assertEqual(self.posts(device(at + 1)), 2)

        self.cut_everywhere(how, 1, check)

    @each(ENDINGS)
    def test_every_tenth_byte_of_both_answers(self, how):
        def check(at, result):
            self.assert_exit(result, 7)
            self.assertNotIn(result.json[0]["result"], ("accepted", "already-pending", "released"))
            self.assertEqual(self.posts(device(at + 1)), 2)

        self.cut_everywhere(how, 99, check)

    def test_whole_answer_then_bare_fin_counts(self):
        self.service.api.fail(faults.then_close(End.FIN))
        result = self.release("--json")
        self.assert_exit(result, 0)
        self.assertEqual(result.json[0]["result"], "accepted")
        self.assertEqual(self.posts(), 1)


class LostReleaseAnswer(Scenario):
    """After the release was processed no answer comes."""

    @each(
        [
            ("reset", faults.reset_after_processing()),
            ("cut in the head", faults.cut(20)),
            ("cut in the body", faults.cut(400)),
            ("cut in the body, reset", faults.cut(400, End.RESET)),
            ("close_notify instead", faults.cut(0, End.NOTIFY)),
            ("FIN instead", faults.cut(0, End.FIN)),
            ("no length, bare FIN", faults.unframed(End.FIN)),
        ]
    )
    def test_is_sent_again_once_and_the_duplicate_is_success(self, fault):
        self.service.api.fail(fault)
        result = self.release("--json")
        self.assert_exit(result, 0)
        self.assertEqual(result.json[0]["result"], "already-pending")
        self.assertEqual(self.posts(), 2)

    @each([("reset", faults.reset_after_processing()), ("cut in the body", faults.cut(400))])
    def test_never_more_than_two_releases(self, fault):
        self.service.api.fail(fault, 99, RELEASE)
        result = self.release("--json")
        self.assert_exit(result, 7)
        self.assertEqual(self.posts(), 2)

    def test_look_up_that_fails_too_sends_nothing_more(self):
        """Whether reading is permitted is not known then: the release may well have been taken."""
        self.service.api.fail(faults.cut(400), times=99)
        result = self.release("--json", "--retries", "1")
        self.assert_exit(result, 7)
        self.assertEqual(self.posts(), 1)
        self.assert_says(result, "advice:", "again")

    def test_service_that_returns_the_action_again(self):
        self.service.defender.duplicates = "return"
        self.service.api.fail(faults.cut(400))
        result = self.release("--json")
        self.assert_exit(result, 0)
        self.assertEqual(result.json[0]["actionId"], self.service.defender.actions[0]["id"])
        self.assertEqual((self.posts(), len(self.service.defender.actions)), (2, 1))

    def test_second_answer_decides(self):
        self.service.api.fail(faults.cut(0))
        self.service.api.fail(
            faults.answer_of(Refusal(404, "ResourceNotFound", "Machine was not found").answer()),
            target=RELEASE,
        )
        self.assert_exit(self.release(), 3)

    @each([("500", 500), ("502", 502), ("503", 503), ("504", 504)])
    def test_server_error_once(self, status):
        self.service.api.fail(faults.answer_of(Answer(status)))
        result = self.release()
        self.assert_exit(result, 0)
        self.assertEqual(self.posts(), 2)

    @each([("500", 500), ("503", 503)])
    def test_server_error_every_time_sends_no_third_release(self, status):
        self.service.api.fail(faults.answer_of(Answer(status)), 99, RELEASE)
        result = self.release()
        self.assert_exit(result, 14)
        self.assertEqual(self.posts(), 2)

    @each(
        [("connection kept", None), ("connection closed", End.NOTIFY), ("connection cut", End.FIN)]
    )
    def test_processed_although_it_said_500(self, how):
        """Many times: whether the second release meets the dying connection is a matter of luck."""

        def one(number):
            name = device(number)
            self.service.defender.add(name)
            self.service.api.fail(faults.processed_but_500(how), 1, name)
            result = self.release("--json", devices=[name])
            self.assert_exit(result, 0)
            self.assertEqual(result.json[0]["result"], "already-pending")

        self.side_by_side(range(1, 25), one)

    def test_stalled_answer_ends_at_max_time(self):
        self.service.api.fail(faults.stall(), times=9)
        result = self.release("--json", "--max-time", "2")
        self.assert_exit(result, 7)
        self.assertLess(result.seconds, 4)
        self.assertLessEqual(self.posts(), 2)
        self.assertEqual(result.json[0]["result"], "error")
