// A list page of twelve rows with search, table and pages, as antd's documentation shows it.
import { createElement as h, useState } from "react";
import { createRoot } from "react-dom/client";
import { Button, ConfigProvider, Input, Table, Tag } from "antd";
import zhCN from "antd/locale/zh_CN";
import { rows } from "./rows.js";

const columns = [
  { title: "顾问", dataIndex: "name", sorter: (a, b) => a.name.localeCompare(b.name) },
  { title: "律所", dataIndex: "firm" },
  { title: "社区", dataIndex: "communities" },
  { title: "本月到点", dataIndex: "hours" },
  { title: "状态", dataIndex: "state", render: (state) => h(Tag, null, state) },
];

function Page() {
  const [text, setText] = useState("");
  return h(ConfigProvider, { locale: zhCN },
    h("h1", null, "法律顾问"),
    h(Input.Search, { placeholder: "搜索", value: text, onChange: (event) => setText(event.target.value) }),
    h(Button, { type: "primary" }, "登记顾问"),
    h(Table, { rowKey: "id", columns, dataSource: rows.filter((row) => row.name.includes(text)), pagination: { total: 88, pageSize: 12 } }));
}
createRoot(document.getElementById("app")).render(h(Page));
