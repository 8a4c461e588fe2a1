# SPDX-License-Identifier: BSD-3-Clause
defmodule Shop.MixProject do
  use Mix.Project

  def project,
    do: [app: :shop, version: System.fetch_env!("SHOP_VERSION"), elixir: "~> 1.14", start_permanent: true, deps: []]

  def application, do: [extra_applications: [:logger], mod: {Shop.Application, []}]
end
