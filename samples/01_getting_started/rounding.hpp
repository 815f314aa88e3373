// SPDX-License-Identifier: Apache-2.0
// A plugin that is configured, and configured anew while it runs.
#pragma once

#include "01_getting_started/api.hpp"
#include "malla/chain/flow.hpp"
#include "malla/chain/next.hpp"
#include "malla/chain/plugin.hpp"
#include "malla/codec/field.hpp"
#include "malla/codec/settings.hpp"
#include "malla/service/plugin_type.hpp"

#include <cmath>

/// Wraps those below: rounds what they answer to `rounding.digits` decimal places.
struct Rounding : malla::Plugin {
    using Callbacks = malla::Callbacks<Calculate>;

    struct Settings {
        int digits = 2;
        template <class Archive>
        void serialize(Archive& archive) {
            archive(malla::field("digits", digits));
        }
    };

    static malla::Json default_config() { return *malla::Json::parse(R"({"rounding": {"digits": 2}})"); }

    malla::Result<void> config(const malla::Json& config) {
        const auto wanted = malla::settings<Settings>(config, "rounding");
        if (!wanted) return wanted.error();
        if (wanted->digits < 0 || wanted->digits > 9) return malla::Status{"parameter_invalid", "rounding.digits"};
        return {};
    }
    void start(const malla::Starting& starting) { use(starting.config); }
    malla::Updated updated(const malla::Json&, const malla::Json& now) { return use(now); }

    malla::Result<double> on(Calculate, malla::Next<Calculate> next, Op op, double a, double b) {
        const auto exact = next(op, a, b);
        if (!exact) return exact;
        return std::round(*exact * scale_) / scale_;
    }

private:
    malla::Updated use(const malla::Json& config) { // one that `config` has let pass
        scale_ = std::pow(10, malla::settings<Settings>(config, "rounding")->digits);
        return malla::Updated::applied;
    }
    double scale_ = 1;
};
