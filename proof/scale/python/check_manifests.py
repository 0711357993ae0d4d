"""Validates manifests with the schemas of custom resources: check_manifests.py CRD ... -- MANIFEST ...

A CRD is a CustomResourceDefinition as its project publishes it. Every manifest of one of these kinds must match the
schema and have no unknown field. Prints a line for each; exits with 1 when one is invalid.
"""

import sys

import jsonschema
import yaml


def strict(schema):
    """The schema without unknown fields, as the API server prunes them."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: strict(value) for name, value in schema.items()}
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        made["additionalProperties"] = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    return made


def schemas(paths):
    found = {}
    for path in paths:
        for crd in yaml.safe_load_all(open(path)):
            spec = crd["spec"]
            for version in spec["versions"]:
                schema = strict(version["schema"]["openAPIV3Schema"])
                for name in ("apiVersion", "kind"):
                    schema.setdefault("properties", {})[name] = {"type": "string"}
                schema["properties"]["metadata"] = {"type": "object"}
                found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = schema
    return found


if __name__ == "__main__":
    split = sys.argv.index("--")
    known = schemas(sys.argv[1:split])
    wrong = 0
    for path in sys.argv[split + 1 :]:
        for manifest in yaml.safe_load_all(open(path)):
            kind = manifest["apiVersion"], manifest["kind"]
            errors = list(jsonschema.Draft202012Validator(known[kind]).iter_errors(manifest))
            wrong += bool(errors)
            print(f"{path}: {kind[1]}: {'as its schema says' if not errors else errors[0].json_path + ': ' + errors[0].message}")
    sys.exit(1 if wrong else 0)
