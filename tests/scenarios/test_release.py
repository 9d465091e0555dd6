"""
test_release.py - the main job: one device is released by its id.

Rules     contract sections 1, 2 and 6.1, 6.2; the two requests of a cold release.
"""

import json
import re

from harness import Scenario, each
from service import faults
from service.defender import DEVICE, Refusal
from service.entra import CLIENT_ID, RESOURCE, TENANT
from service.stream import End

class ReleaseWithSecret(Scenario):
    def test_exit_0_and_the_action_id_is_printed(self):
        result = self.release()
        self.assert_exit(result, 0)
        action = self.service.defender.actions[0]
        self.assertIn(action["id"], result.out)
        self.assertIn(DEVICE, result.out)

    def test_exactly_two_requests_on_the_wire(self):
        self.assert_exit(self.release(), 0)
        requests = self.service.log.requests()
        self.assertEqual(
            [f"{r.method} {r.target}" for r in requests],
            [f"POST /{TENANT}/oauth2/v2.0/token", f"POST /api/machines/{DEVICE}/unisolate"],
        )
        self.assertEqual(len(self.service.log.of("accepted", "login")), 1)
        self.assertEqual(len(self.service.log.of("accepted", "api")), 1)

    def test_token_request_is_the_documented_form(self):
        self.assert_exit(self.release(), 0)
        request = self.service.log.requests("login")[0]
        names = sorted(pair.split(b"=")[0] for pair in request.body.split(b"&"))
        self.assertEqual(names, [b"client_id", b"client_secret", b"grant_type", b"scope"])
        self.assertIn(
            b"scope=https%3A%2F%2Fapi.securitycenter.microsoft.com%2F.default", request.body
        )

    def test_release_request_is_the_documented_one(self):
        self.assert_exit(self.release(), 0)
        request = self.service.log.requests("api")[0]
        self.assertEqual(json.loads(request.body), {"Comment": "clean"})
        self.assertTrue(request.header("Authorization").startswith("Bearer "))
        self.assertEqual(request.header("Content-Type").lower().split(";")[0], "application/json")
        self.assertEqual(request.tls_version, "TLSv1.3")
        self.assertEqual(request.server_name, "localhost")

    def test_answers_that_are_chunked_or_sized_are_both_understood(self):
        self.service.login.fail(faults.chunked_fully())
        self.service.api.fail(faults.connection_close())
        result = self.release("--json")
        self.assert_exit(result, 0)
        self.assertEqual(result.json[0]["actionId"], self.service.defender.actions[0]["id"])

    def test_connections_are_ended_with_close_notify_or_at_least_not_reset(self):
        self.assert_exit(self.release(), 0)
        self.assertFalse(self.service.log.of("broken"))

    def test_word_release_may_be_written(self):
        result = self.run_program("release", *self.release_arguments())
        self.assert_exit(result, 0)
        self.assertEqual(self.posts(), 1)


class Selectors(Scenario):
    @each(
        [
            ("capital letters", DEVICE.upper()),
            ("prefix", "id:" + DEVICE),
            ("prefix and capital letters", "id:" + DEVICE.upper()),
        ]
    )
    def test_id_is_sent_in_lower_case(self, selector):
        result = self.release("--json", devices=[selector])
        self.assert_exit(result, 0)
        self.assertEqual(
            self.service.log.requests("api")[0].target, f"/api/machines/{DEVICE}/unisolate"
        )
        self.assertEqual(result.json[0]["input"], selector)
        self.assertEqual(result.json[0]["machineId"], DEVICE)

    @each(
        [
            ("one digit too few", "id:" + DEVICE[:-1]),
            ("one digit too many", "id:" + DEVICE + "0"),
            ("a letter that is no digit", "id:" + "g" + DEVICE[1:]),
            ("nothing after the prefix", "id:"),
            ("a path", "id:../" + DEVICE[3:]),
            ("empty", ""),
            ("blanks alone", "  "),
        ]
    )
    def test_malformed_id_is_a_usage_fault_and_nothing_is_sent(self, selector):
        result = self.release(devices=[selector])
        self.assert_exit(result, 2)
        self.assertEqual(self.service.log.events, [])

    def test_one_malformed_selector_stops_all_before_anything_is_sent(self):
        result = self.release(devices=[DEVICE, "id:12"])
        self.assert_exit(result, 2)
        self.assert_says(result, "id:12")
        self.assertEqual(self.service.log.events, [])

    def test_device_named_twice_is_sent_once(self):
        result = self.release("--json", devices=[DEVICE, DEVICE.upper(), "id:" + DEVICE])
        self.assert_exit(result, 0)
        self.assertEqual(self.posts(), 1)
        self.assertEqual(len(result.json), 1)


class Duplicates(Scenario):
    """Contract 6.2: a repeated call is harmless."""

    def test_second_release_is_already_pending(self):
        self.assert_exit(self.release(), 0)
        result = self.release("--json")
        self.assert_exit(result, 0)
        self.assertEqual(result.json[0]["result"], "already-pending")

    def test_recognised_by_its_words_where_the_code_is_another(self):
        refusal = Refusal(400, "BadRequest", "Action is already in progress")
        self.service.defender.machines[DEVICE].refusal = refusal
        result = self.release("--json")
        self.assert_exit(result, 0)
        self.assertEqual(result.json[0]["result"], "already-pending")

    def test_service_that_returns_the_active_action(self):
        self.service.defender.duplicates = "return"
        self.assert_exit(self.release(), 0)
        result = self.release("--json")
        self.assert_exit(result, 0)
        self.assertEqual(result.json[0]["actionId"], self.service.defender.actions[0]["id"])

    def test_action_of_another_kind_is_not_called_accepted(self):
        self.service.defender.add_action(DEVICE, "Isolate", blocks=True)
        self.service.defender.duplicates = "return"
        result = self.release("--json")
        self.assert_exit(result, 13)
        self.assertEqual(result.json[0]["result"], "conflict")


class Comment(Scenario):
    @each(
        [
            ("quotes", 'say "yes" and \\ not \\"no\\"'),
            ("emoji", "clean \U0001f600 now"),
            ("accents", "nettoyé par l'équipe – ça va"),
            ("right to left", "نظيف"),
            ("line ends and tabs", "one\ntwo\r\n\tthree"),
            ("control characters", "a\x01b\x1b[31mc\x7f"),
            ("direction override", "abc\u202edef\u2066"),
            ("slashes and angle brackets", "</script>&amp;"),
            ("edges of Unicode", "\u0080\u07ff\u0800\uffff\U00010000\U0010ffff"),
            ("long", "x" * 8000),
            ("blanks around", "  spaced  "),
            ("looks like an option", "--json"),
        ]
    )
    def test_arrives_exactly(self, comment):
        result = self.run_program(*self.where(), *self.sign_in(), "--comment=" + comment, DEVICE)
        self.assert_exit(result, 0)
        self.assertEqual(self.service.defender.actions[0]["requestorComment"], comment)

    def test_body_is_one_member_in_ascii(self):
        self.assert_exit(
            self.run_program(*self.where(), *self.sign_in(), "-c", "é\U0001f600", DEVICE), 0
        )
        body = self.service.log.requests("api")[0].body
        self.assertTrue(
            re.fullmatch(rb'\{"Comment":\s?"\\u00e9\\ud83d\\ude00"\}', body, re.IGNORECASE), body
        )

    @each(
        [
            ("lone byte", b"caf\xe9"),
            ("overlong", b"\xc0\xaf"),
            ("surrogate", b"\xed\xa0\x80"),
            ("beyond Unicode", b"\xf4\x90\x80\x80"),
            ("cut off", b"abc\xe2\x82"),
        ]
    )
    def test_no_utf8_is_a_usage_fault(self, comment):
        result = self.run_program(*self.where(), *self.sign_in(), "-c", comment, DEVICE)
        self.assert_exit(result, 2)
        self.assert_says(result, "UTF-8")
        self.assertEqual(self.service.log.events, [])

    def test_missing_comment_is_a_usage_fault(self):
        result = self.run_program(*self.where(), *self.sign_in(), DEVICE)
        self.assert_exit(result, 2)
        self.assert_says(result, "comment")
        self.assertEqual(self.service.log.events, [])

    def test_empty_comment_is_a_usage_fault(self):
        result = self.run_program(*self.where(), *self.sign_in(), "-c", "", DEVICE)
        self.assert_exit(result, 2)
        self.assertEqual(self.service.log.events, [])


class TokenClaims(Scenario):
    """Contract 6.5: what a token's claims show is advice; the API has the last word."""

    def test_no_role_is_told_and_the_api_decides(self):
        result = self.release_with_token(self.service.entra.issue(roles=()))
        self.assert_exit(result, 6)
        self.assert_says(result, "Machine.Isolate")
        self.assertEqual(self.posts(), 1)

    def test_wrong_audience_is_told_and_the_api_decides(self):
        result = self.release_with_token(
            self.service.entra.issue(audience="https://api.security.microsoft.com")
        )
        self.assert_exit(result, 5)
        self.assert_says(result, "https://api.security.microsoft.com")
        self.assertEqual(self.posts(), 1)

    def test_missing_role_is_told_although_the_api_accepts(self):
        token = self.service.entra.issue(roles=())
        self.service.entra.issued[token].roles = ("Machine.Isolate",)
        result = self.release_with_token(token)
        self.assert_exit(result, 0)
        self.assert_says(result, "advice:", "Machine.Isolate")

    def test_api_that_accepts_another_audience_is_believed(self):
        self.service.defender.audiences.add(
            "https://securitycenter.onmicrosoft.com/windowsatpservice"
        )
        token = self.service.entra.issue(
            audience="https://securitycenter.onmicrosoft.com/windowsatpservice"
        )
        self.assert_exit(self.release_with_token(token), 0)

    def test_token_that_is_no_jwt_is_sent_as_it_is(self):
        self.service.entra.issued["opaque-token-0123456789abcdef"] = self.service.entra.issued[
            self.service.entra.issue()
        ]
        self.assert_exit(self.release_with_token("opaque-token-0123456789abcdef"), 0)


class Hosts(Scenario):
    """Contract 6.7: the bearer token goes to the API host alone; redirects are not followed."""

    @each([("301", 301), ("302", 302), ("303", 303), ("307", 307), ("308", 308)])
    def test_redirect_of_the_release_is_not_followed(self, status):
        self.service.api.fail(
            faults.redirect(status, self.service.login.url + "/elsewhere"), times=9
        )
        result = self.release()
        self.assert_exit(result, 14)
        self.assertEqual(self.token_requests(), 1)

    @each([("302", 302), ("307", 307)])
    def test_redirect_of_the_token_request_is_not_followed(self, status):
        self.service.login.fail(
            faults.redirect(status, self.service.api.url + "/elsewhere"), times=9
        )
        result = self.release()
        self.assert_exit(result, 14)
        self.assertEqual(self.posts(), 0)

    def test_scope_option_is_sent(self):
        self.service.entra.resources.add("https://api-gov.securitycenter.microsoft.us")
        self.service.defender.audiences.add("https://api-gov.securitycenter.microsoft.us")
        result = self.release("--scope", "https://api-gov.securitycenter.microsoft.us/.default")
        self.assert_exit(result, 0)
        self.assertIn(b"api-gov", self.service.log.requests("login")[0].body)
        self.assertEqual(RESOURCE, "https://api.securitycenter.microsoft.com")

    def test_tenant_may_be_a_domain(self):
        result = self.run_program(
            *self.where(),
            "--tenant",
            "contoso.example",
            "--client-id",
            CLIENT_ID,
            "--client-secret-file",
            self.secret_file,
            "-c",
            "clean",
            DEVICE,
        )
        self.assert_exit(result, 0)
        self.assertEqual(
            self.service.log.requests("login")[0].target, "/contoso.example/oauth2/v2.0/token"
        )


class Unauthorized(Scenario):
    """Contract 6.5: on a 401 a method that can get a new token signs in once more."""

    def test_401_once_is_repaired_by_a_new_token(self):
        self.service.api.fail(faults.answer_of(unauthorized()))
        result = self.release()
        self.assert_exit(result, 0)
        self.assertEqual((self.token_requests(), self.posts()), (2, 2))

    def test_401_twice_is_exit_5(self):
        self.service.api.fail(faults.answer_of(unauthorized()), times=9)
        result = self.release()
        self.assert_exit(result, 5)
        self.assertEqual((self.token_requests(), self.posts()), (2, 2))

    def test_401_of_a_given_token_is_final(self):
        result = self.release_with_token(self.service.entra.issue(lifetime=-10))
        self.assert_exit(result, 5)
        self.assertEqual((self.token_requests(), self.posts()), (0, 1))

    def test_401_after_a_kept_connection_ended_is_still_repaired(self):
        self.service.api.fail(faults.answer_of(unauthorized()))
        self.service.api.fail(faults.close_without_answer(End.FIN))
        self.assert_exit(self.release(), 0)


def unauthorized():
    return Refusal(401, "Unauthorized", "Invalid or expired authorization header").answer()
