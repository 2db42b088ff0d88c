//! Parts that several views share.

pub mod browse;
pub mod capture;
pub mod citation;
pub mod copy_button;
pub mod download;
pub mod flame;
pub mod found;
pub mod keys_dialog;
pub mod landing;
pub mod layer_bars;
pub mod layers;
pub mod loading;
pub mod menu;
pub mod needs;
pub mod popover;
pub mod rows;
pub mod search;
pub mod series;
pub mod share;
pub mod strata;
pub mod tabs;
pub mod text_field;
pub mod text_width;
pub mod theme_button;
pub mod use_size;
