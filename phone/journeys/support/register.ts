/** A synthetic register: households that nobody lives in. */

export interface Household {
  number: string;
  head: string;
  address: string;
  child: string;
  /** Year, month and day. */
  born: string;
}

const NAMES = ["An", "Bình", "Cúc", "Dũng", "Giang", "Hạnh", "Khánh", "Liên", "Minh", "Nga", "Oanh", "Phúc"];

/** So many households of one village, numbered from 1. */
export function households(count: number): Household[] {
  return Array.from({ length: count }, (_, at) => ({
    number: String(at + 1),
    head: `Hoàng Văn ${NAMES[at % NAMES.length]} ${at + 1} (giả lập)`,
    address: at % 2 === 0 ? "Xóm Đồi" : "Xóm Suối",
    child: `Hoàng Thị Trẻ ${at + 1} (giả lập)`,
    born: `20${15 + (at % 8)}-03-${String(1 + (at % 28)).padStart(2, "0")}`,
  }));
}

/** As the commune's own workbook has them. */
export function csv(register: Household[], village = "01"): string {
  const rows = register.map(({ number, head, address, child, born }) => {
    const day = born.split("-").reverse().join("/");
    return [village, number, head, address, child, day].join(",");
  });
  return ["Thôn,Số hộ,Họ tên chủ hộ,Địa chỉ,Họ tên trẻ,Ngày sinh", ...rows, ""].join("\n");
}
