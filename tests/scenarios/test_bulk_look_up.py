"""
test_bulk_look_up.py - many names in few calls; each gets what it would get alone.

Rules     contract sections 2, 4 and 6.6; defender-docs api/get-machines.md, find-machines-by-tag.md,
          exposed-apis-odata-samples.md (read 2026-11-23): 100 calls a minute, 1,500 an hour.
"""

import collections
import re
import uuid

from devices import DeviceScenario, device
from harness import each
from service import faults
from service.defender import Refusal, server_error
from service.message import Answer

OTHER_DOMAIN = "fabrikam.example"


def name_of(number):
    return f"pc-{number:05d}.contoso.com"


class Bulk(DeviceScenario):
    def plan(self, names, *more, **settings):
        """A dry run of a list: its objects by input, in the order of the list."""
        file = self.write("names.txt", "\n".join(names) + "\n")
        result = self.release("--json", "-n", "--max", "0", "--from", file, *more, devices=(), **settings)
        self.assertEqual([row["input"] for row in result.json], list(names), result.describe()[:2000])
        self.assertEqual(self.released(), [])
        return result

    def assert_planned(self, result, machines):
        """Each input is planned with the id of its machine; None: not found."""
        for row, machine in zip(result.json, machines):
            wanted = ("planned", machine.id) if machine else ("not-found", None)
            self.assertEqual((row["result"], row["machineId"]), wanted, row["input"])

    def fleet(self, count, **settings):
        return self.only(*({"name": name_of(n), **settings} for n in range(count)))


class Names(Bulk):
    def test_ten_thousand_of_which_100_are_unknown_and_20_ambiguous(self):
        machines = self.fleet(9900)
        for number in range(0, 9900, 495):  # 20 of them
            self.service.defender.add(device(1 << 40 | number), name=name_of(number))
        names = [name_of(number) for number in range(10000)]
        result = self.plan(names, seconds=60, quiet=True)
        self.assert_exit(result, 12)
        count = collections.Counter(row["result"] for row in result.json)
        self.assertEqual(count, {"planned": 9880, "not-found": 100, "ambiguous": 20})
        for row, machine in zip(result.json, machines):
            if row["result"] == "ambiguous":
                self.assertEqual(
                    {c["id"] for c in row["candidates"]},
                    {machine.id, device(1 << 40 | names.index(row["input"]))},
                )
            else:
                self.assertEqual(row["machineId"], machine.id)
        self.assertLessEqual(len(self.reads()), 42)

    def test_short_names_of_all_kinds(self):
        """Short and full, in capitals, with a dot behind, two domains, merged records."""
        machines = self.fleet(240)
        names = [f"pc-{number:05d}" for number in range(240)]
        names[3], names[5], names[7] = names[3].upper(), names[5] + ".", name_of(7)
        self.service.defender.add(device(1), name=f"pc-00011.{OTHER_DOMAIN}")
        self.service.defender.add(device(2), name=f"pc-00013.{OTHER_DOMAIN}", merged_into=machines[13].id)
        self.service.defender.add(device(3), name=f"pc-00015.{OTHER_DOMAIN}", health="Inactive")
        machines[17].name = "PC-00017.CONTOSO.COM"
        machines[19].name = "pc-000190.contoso.com"
        result = self.plan(names)
        self.assert_exit(result, 12)
        self.assertEqual((result.json[11]["result"], len(result.json[11]["candidates"])), ("ambiguous", 2))
        machines[19] = None
        for number, (row, machine) in enumerate(zip(result.json, machines)):
            if number != 11:
                self.assertEqual(row["machineId"], machine and machine.id, row["input"])
        self.assert_says(result, device(3))
        self.assertLessEqual(len(self.reads()), 4)

    @each([("100 words", 100, 16), ("10 words: one by one", 10, 36)])
    def test_service_that_takes_short_filters_only(self, words, calls):
        machines = self.fleet(30)
        self.service.defender.machine_properties.words_max = words
        result = self.plan([f"pc-{number:05d}" for number in range(31)])
        self.assert_exit(result, 12)
        self.assert_planned(result, [*machines, None])
        self.assertLessEqual(len(self.reads()), calls)

    def test_service_that_knows_no_lists(self):
        machines = self.fleet(12)
        self.service.defender.machine_properties.in_lists = False
        result = self.plan([name_of(number) for number in range(12)])
        self.assert_exit(result, 0)
        self.assert_planned(result, machines)
        self.assertLessEqual(len(self.reads()), 12 + 5)

    @each([("400", Refusal(400, "ODataError", "No").answer()), ("404 of a gateway", Answer(404, b"<html>")),
           ("404 without a body", Answer(404, b"")), ("414", Answer(414, b""))])
    def test_name_that_is_refused_takes_nobody_along(self, answer):
        machines = self.fleet(9)
        names = [name_of(number) for number in range(9)]
        self.service.api.fail(faults.answer_of(answer), 99, re.escape(names[4]))
        if answer.status == 404 and not answer.body:
            self.service.api.fail(faults.answer_of(answer), 99, re.escape(names[4]))
        result = self.plan(names)
        for number, row in enumerate(result.json):
            if number != 4:
                self.assertEqual((row["result"], row["machineId"]), ("planned", machines[number].id), row)
        self.assertNotEqual(result.json[4]["result"], "planned")
        self.assertLessEqual(len(self.reads()), 12)

    @each([("pages", {"page_size": 2}), ("pages without links", {"links": "none"}), ("an empty list is no 404", {"empty": "value"})])
    def test_paging(self, settings):
        machines = self.fleet(9)
        for name, value in settings.items():
            setattr(self.service.defender.paging, name, value)
        result = self.plan([name_of(number) for number in range(9)])
        self.assert_planned(result, machines)

    @each([("with case", True), ("without case", False)])
    def test_service_that_compares(self, with_case):
        machines = self.fleet(4)
        self.service.defender.machine_properties.with_case = with_case
        result = self.plan([name_of(number).upper() for number in range(4)])
        self.assert_planned(result, machines)

    def test_service_that_ignores_the_filter(self):
        machines = self.fleet(9)
        handle = self.service.defender.list_machines
        self.service.defender.machine_properties.types["computerDnsName"] = "string"
        self.service.defender._list = lambda call, entities, query, *_: type(self.service.defender)._list(
            self.service.defender, call, entities, type(query)())
        result = self.plan([name_of(1), name_of(3), "pc-0000", "pc-00004"])
        self.assertIsNotNone(handle)
        self.assert_planned(result, [machines[1], machines[3], None, machines[4]])


class Faults(Bulk):
    def names(self, count=40):
        self.machines = self.fleet(count)
        return [name_of(number) for number in range(count)]

    def test_403_is_asked_once(self):
        self.service.entra.roles = ("Machine.Isolate",)
        result = self.plan([*self.names(), "10.1.2.3", str(uuid.uuid4())])
        self.assert_exit(result, 6)
        self.assertEqual({row["result"] for row in result.json}, {"denied"})
        self.assertEqual(len(self.reads()), 1)

    def test_5xx_is_of_each_of_the_batch(self):
        names = self.names()
        self.service.api.fail(faults.answer_of(server_error(503).answer()), 99, "^GET|machines")
        result = self.plan(names, "--retries", "1")
        self.assert_exit(result, 14)
        self.assertEqual({row["error"]["exit"] for row in result.json}, {14})
        self.assertEqual(len(self.reads()), 2)

    def test_401_is_repaired_by_a_new_token(self):
        names = self.names()
        self.service.api.fail(faults.answer_of(Refusal(401, "Unauthorized", "expired").answer()))
        self.assert_planned(self.plan(names), self.machines)
        self.assertEqual(self.token_requests(), 2)

    def test_cut_answer_is_asked_for_again(self):
        names = self.names()
        self.service.api.fail(faults.cut(300))
        self.assert_planned(self.plan(names), self.machines)

    def test_faults_are_told_for_each_and_others_are_released(self):
        names = self.names(3)
        file = self.write("list", "\n".join([names[0], "nobody.example", names[1], self.machines[2].id]))
        result = self.release("--json", "-f", file, devices=())
        self.assert_exit(result, 12)
        self.assertEqual(
            [(row["input"], row["result"]) for row in result.json],
            [(names[0], "accepted"), ("nobody.example", "not-found"), (names[1], "accepted"), (self.machines[2].id, "accepted")],
        )
        self.assertEqual(sorted(self.released()), sorted(machine.id for machine in self.machines))


class Others(Bulk):
    @each([("bare", "bare"), ("quoted", "quoted")])
    def test_entra_ids(self, literal):
        machines = self.fleet(200)
        for number, machine in enumerate(machines):
            machine.aad_device_id = str(uuid.UUID(int=number + 1))
        self.service.defender.machine_properties.guid_literal = literal
        ids = [machine.aad_device_id for machine in machines] + [str(uuid.UUID(int=999))]
        result = self.plan(ids)
        self.assert_planned(result, [*machines, None])
        self.assertLessEqual(len(self.reads()), 5)

    def test_find_prints_them_in_the_order_of_the_list(self):
        self.fleet(50)
        self.service.defender.add(device(1), name=f"pc-00003.{OTHER_DOMAIN}")
        names = [f"pc-{number:05d}" for number in range(51)] + [device(0x15), device(0x10 + 44), "f" * 40]
        file = self.write("list", "\n".join(names))
        result = self.command("find", "--json", "-f", file)
        self.assert_exit(result, 12)
        found = [(row["input"], row.get("computerDnsName")) for row in result.json]
        wanted = [(name, name_of(n)) for n, name in enumerate(names[:50])]
        wanted.insert(4, ("pc-00003", f"pc-00003.{OTHER_DOMAIN}"))
        wanted.insert(5, ("pc-00003", None))  # ambiguous
        wanted += [(names[50], None), (names[51], name_of(5)), (names[52], name_of(44)), (names[53], None)]
        self.assertEqual(found, wanted)
        self.assertLessEqual(len(self.reads()), 3)

    def test_one_device_named_in_every_way_is_posted_once(self):
        machines = self.fleet(2, aad_device_id=str(uuid.UUID(int=7)))
        machines[1].aad_device_id = None
        machines[1].ip = "10.9.9.9"
        lines = [name_of(0), "pc-00000", machines[0].id, machines[0].aad_device_id, "ip:10.20.30.40", name_of(1)]
        result = self.release("--json", "-f", self.write("list", "\n".join(lines)), devices=())
        self.assert_exit(result, 0)
        self.assertEqual([row["input"] for row in result.json], [name_of(0), name_of(1)])
        self.assertEqual(sorted(self.released()), sorted(machine.id for machine in machines))


class LargeTag(Bulk):
    """findbytag answers with everything at once: beyond some 3,500 devices that is more than 4 MiB."""

    def test_is_read_in_pages(self):
        machines = self.fleet(2100, tags=("Lab",), members={"exclusionReason": "x" * 1500})
        machines[7].tags = ("Laboratory",)
        machines[9].merged_into = device(1)
        result = self.release("--json", "-n", "--all", "--max", "0", devices=["tag:lab"], quiet=True)
        self.assert_exit(result, 0)
        ids = {row["machineId"] for row in result.json}
        self.assertEqual(ids, {machine.id for machine in machines} - {machines[7].id, machines[9].id})
        self.assertEqual(len(result.json), len(ids))
        self.assertEqual(len(self.reads("machineTags")), 3)

    def test_max_counts_after_the_look_up(self):
        machines = self.fleet(101, tags=("Lab",))
        result = self.release("--json", "--all", devices=["tag:Lab"])
        self.assert_exit(result, 2)
        self.assert_says(result, "101 devices", "--max")
        self.assertEqual(self.released(), [])
        machines[5].tags = ()
        self.assert_exit(self.release("--all", "-n", devices=["tag:Lab", machines[3].id]), 0)
