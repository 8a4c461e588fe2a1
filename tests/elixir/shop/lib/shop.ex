# SPDX-License-Identifier: BSD-3-Clause
# A shop with a counter under a Supervisor, tills under a DynamicSupervisor, and a protocol. Version 2.0.0 counts in a map,
# and knows the price of a record, too.
defprotocol Shop.Price do
  @fallback_to_any true
  def of(item)
end

defimpl Shop.Price, for: Any do
  def of(_), do: 0
end

defmodule Shop.Book do
  defstruct title: ""
end

defimpl Shop.Price, for: Shop.Book do
  def of(_), do: 10
end

if System.fetch_env!("SHOP_VERSION") == "2.0.0" do
  defmodule Shop.Record do
    defstruct title: ""
  end

  defimpl Shop.Price, for: Shop.Record do
    def of(_), do: 20
  end

  defimpl String.Chars, for: Shop.Record do
    def to_string(record), do: "record " <> record.title
  end
end

defmodule Shop.Counter do
  use GenServer

  @version System.fetch_env!("SHOP_VERSION")

  def start_link(name), do: GenServer.start_link(__MODULE__, 0, if(name, do: [name: name], else: []))

  @impl true
  def init(_), do: {:ok, if(@version == "1.0.0", do: 0, else: %{count: 0})}

  @impl true
  def handle_call(:count, _from, count) when is_integer(count), do: {:reply, {@version, count + 1}, count + 1}
  def handle_call(:count, _from, %{count: n}), do: {:reply, {@version, n + 1}, %{count: n + 1}}

  @impl true
  def code_change({:down, _}, %{count: n}, _), do: {:ok, n}
  def code_change(_, n, _) when is_integer(n), do: {:ok, %{count: n}}
end

defmodule Shop.Application do
  use Application

  @impl true
  def start(_type, _args) do
    children = [
      %{id: Shop.Counter, start: {Shop.Counter, :start_link, [Shop.Counter]}},
      {DynamicSupervisor, name: Shop.Tills, strategy: :one_for_one}
    ]

    Supervisor.start_link(children, strategy: :one_for_one, name: Shop.Supervisor)
  end
end
