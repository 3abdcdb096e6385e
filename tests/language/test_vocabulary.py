"""Names of the root file that only the catalogue can judge."""

from __future__ import annotations


def test_a_provider_that_there_is_not_is_told_wherever_it_stands(see):
    seen = see(
        "providers: {runwre: {in_flight: 2}}\nprofiles: {final: {providers: {nobody: {in_flight: 1}}}}\nshots: []"
    )
    assert [(one.code, one.at.path) for one in seen.faults] == [
        ("WS101", "providers.runwre"),
        ("WS101", "profiles.final.providers.nobody"),
    ]
    assert seen.faults[0].hint == "did you mean `runware`?"


def test_the_providers_of_the_catalogue_and_of_the_project_are_known(see):
    own = {"schemas/atelier/provider.yaml": "title: Atelier\n"}
    seen = see("providers: {reapi: {in_flight: 2}, atelier: {in_flight: 1}}\nshots: []", files=own)
    assert "WS101" not in seen.codes


def test_defaults_for_a_model_that_there_is_not_are_told(see):
    seen = see("profiles: {final: {defaults: {runware/wan2.7-imgae: {width: 1024}}}}\nshots: []")
    (fault,) = seen.faults
    assert (fault.code, fault.hint) == ("WS201", "did you mean `runware/wan2.7-image`?")
