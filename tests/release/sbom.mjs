// sbom.mjs FILE - what is wrong with a CycloneDX 1.6 document in the eyes of those who publish CycloneDX; exit 0 when nothing is.
import { readFileSync } from "node:fs";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";

const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
const found = await validator.validate(readFileSync(process.argv[2], "utf8"));
if (found !== null) {
    console.log(JSON.stringify(found, null, 1));
    process.exit(1);
}
