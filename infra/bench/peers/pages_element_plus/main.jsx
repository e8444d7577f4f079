// A list page of twelve rows with search, table and pages, as Element Plus' documentation shows it, imported on demand.
import { createApp, h, ref } from "vue";
import { ElButton } from "element-plus/es/components/button/index";
import { ElConfigProvider } from "element-plus/es/components/config-provider/index";
import { ElInput } from "element-plus/es/components/input/index";
import { ElPagination } from "element-plus/es/components/pagination/index";
import { ElTable, ElTableColumn } from "element-plus/es/components/table/index";
import { ElTag } from "element-plus/es/components/tag/index";
import zhCn from "element-plus/es/locale/lang/zh-cn";
import "element-plus/es/components/base/style/css";
import "element-plus/es/components/button/style/css";
import "element-plus/es/components/input/style/css";
import "element-plus/es/components/pagination/style/css";
import "element-plus/es/components/table/style/css";
import "element-plus/es/components/table-column/style/css";
import "element-plus/es/components/tag/style/css";
import { rows } from "./rows.js";

const text = ref("");
createApp({
  setup: () => () => h(ElConfigProvider, { locale: zhCn }, () => [
    h("h1", "法律顾问"),
    h(ElInput, { modelValue: text.value, "onUpdate:modelValue": (value) => { text.value = value; }, placeholder: "搜索" }),
    h(ElButton, { type: "primary" }, () => "登记顾问"),
    h(ElTable, { data: rows.filter((row) => row.name.includes(text.value)), rowKey: "id" }, () => [
      h(ElTableColumn, { prop: "name", label: "顾问", sortable: true }),
      h(ElTableColumn, { prop: "firm", label: "律所" }),
      h(ElTableColumn, { prop: "communities", label: "社区" }),
      h(ElTableColumn, { prop: "hours", label: "本月到点" }),
      h(ElTableColumn, { label: "状态" }, { default: ({ row }) => h(ElTag, () => row.state) }),
    ]),
    h(ElPagination, { total: 88, pageSize: 12, layout: "total, prev, pager, next" }),
  ]),
}).mount("#app");
