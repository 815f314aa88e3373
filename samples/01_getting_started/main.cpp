// SPDX-License-Identifier: Apache-2.0
// A calculator, from one service to a chain of plugins that is changed while it runs.
#include "01_getting_started/rounding.hpp"
#include "01_getting_started/services.hpp"
#include "01_getting_started/show.hpp"

void publish_and_extract() {
    say("1. A service publishes an API: callers know the API only, and others just the names.");
    Hosting<Simple> simple;
    show("add 2 3", simple.calculator.try_call<Calculate>(Op::add, 2, 3));
    show("by name", simple.node.call("Calculator", "calculate", R"(["multiply", 6, 7])"));

    say("2. What it can do moves into plugins, for other services too. Callers notice nothing.");
    Hosting<Composed> composed;
    show_chain(composed.service.control());
    show("add 2 3", composed.calculator.try_call<Calculate>(Op::add, 2, 3));
}

void extend(Hosting<Traced>& traced) {
    say("3. A plugin depends on others: they come in by themselves, below it.");
    show_chain(traced.service.control());
    show("multiply 1.234 2", traced.calculator.try_call<Calculate>(Op::multiply, 1.234, 2));

    say("4. The running service gets plugins that wrap and change what is there. Nothing of that is touched.");
    traced.node.offer<Rounding, Floor>();
    show("add the plugin Rounding", traced.service.control().add_plugin("Rounding"));
    show("add the plugin Floor", traced.service.control().add_plugin("Floor"));
    show_chain(traced.service.control());
    show("multiply 1.234 2", traced.calculator.try_call<Calculate>(Op::multiply, 1.234, 2));
    show("add -5 3", traced.calculator.try_call<Calculate>(Op::add, -5, 3));
}

void operate(Hosting<Traced>& traced) {
    auto& control = traced.service.control();
    say("5. Its configuration changes while it runs. Each plugin checks the new one first: all take it, or none.");
    show("configuration", control.config()->dump());
    show("one digit", control.reconfigure(*malla::Json::parse(R"({"rounding": {"digits": 1}})")));
    show("multiply 1.234 2", traced.calculator.try_call<Calculate>(Op::multiply, 1.234, 2));
    show("-1 digits", control.reconfigure(*malla::Json::parse(R"({"rounding": {"digits": -1}})")));
    show("configuration", control.config()->dump());

    say("6. Plugins go as they came, and those that others need stay.");
    show("remove the plugin Floor", control.remove_plugin("Floor"));
    show("remove the plugin Addition", control.remove_plugin("Addition"));
    show("add -5 3", traced.calculator.try_call<Calculate>(Op::add, -5, 3));

    say("7. It is paused and resumed. Who calls it from elsewhere meanwhile waits, or finds another instance.");
    show("pause", control.set_admin_status(malla::AdminStatus::pause, "lunch"));
    show("add 2 3", traced.service.try_call<Calculate>(Op::add, 2, 3));
    show("resume", control.set_admin_status(malla::AdminStatus::active));
    show("add 2 3", traced.service.try_call<Calculate>(Op::add, 2, 3));
}

int main() {
    publish_and_extract();
    Hosting<Traced> traced;
    extend(traced);
    operate(traced);
}
